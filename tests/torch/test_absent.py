"""Parts of PyTorch that are not there on purpose, and old paths that lead to what is."""

import importlib

import pytest

import funcgrad.torch as torch

ADVICE = {
    "jit.trace": "Save model.state_dict",
    "onnx.export": "export it where PyTorch is installed",
    "hub.load": "Download the weights yourself",
    "fx.symbolic_trace": "funcgrad.functionalize",
    "sparse.softmax": "Use dense tensors",
    "nested.nested_tensor": "pad_sequence",
    "utils.cpp_extension.CppExtension": "torch.autograd.Function",
}


@pytest.mark.parametrize("name", ADVICE)
def test_an_import_succeeds_and_the_first_use_says_what_to_do(name):
    path, _, last = name.rpartition(".")
    module = importlib.import_module(f"funcgrad.torch.{path}")
    assert not hasattr(module, last)
    with pytest.raises(NotImplementedError, match=rf"funcgrad.torch has no torch.{name}. .*{ADVICE[name]}"):
        getattr(module, last)


@pytest.mark.parametrize(
    "path, name",
    [
        ("distributed", "Backend"),
        ("distributed.nn", "all_reduce"),
        ("nn.parallel.scatter_gather", "scatter"),
        ("nn.parallel", "replicate"),
        ("nn.parallel.parallel_apply", "parallel_apply"),
        ("nn.parallel.replicate", "_broadcast_coalesced_reshape"),
        ("nn.parallel.comm", "broadcast_coalesced"),
        ("nn.parallel._functions", "Scatter"),
        ("quantization.observer", "MinMaxObserver"),
        ("quantization.qconfig", "QConfig"),
        ("quantization.fake_quantize", "FakeQuantize"),
        ("nn.quantized", "BatchNorm2d"),
        ("nn.quantized", "FloatFunctional"),
        ("distributed.optim", "ZeroRedundancyOptimizer"),
        ("distributed.tensor", "DTensor"),
        ("distributed._tensor", "Replicate"),
        ("distributed._tensor.experimental", "implicit_replication"),
        ("distributed.tensor.experimental", "local_map"),
        ("distributed._composable.fsdp", "fully_shard"),
        ("distributed.device_mesh", "init_device_mesh"),
        ("distributed.fsdp", "FSDPModule"),
        ("distributed.fsdp.fully_sharded_data_parallel", "FullyShardedDataParallel"),
        ("_higher_order_ops.associative_scan", "associative_scan"),
        ("utils.cpp_extension", "load"),
        ("_subclasses.fake_tensor", "FakeTensorMode"),
        ("utils._python_dispatch", "TorchDispatchMode"),
        ("fx", "Tracer"),
        ("jit", "ScriptModule"),
    ],
)
def test_what_scripts_import_and_leave_alone_in_one_process_can_be_imported(path, name):
    kind = getattr(importlib.import_module(f"funcgrad.torch.{path}"), name)
    assert not isinstance(torch.nn.Linear(1, 1), kind)
    for use in (lambda: kind("gloo"), lambda: kind.SUM):
        with pytest.raises(
            NotImplementedError,
            match=rf"no torch.{path}.{name}.* (Train in one process|Train in float32|Look at a step|Leave the call out|Write a torch.auto|Write the loop|Make tensors)",
        ):
            use()


def test_what_models_mark_for_torchscript_stays_as_it_is():
    assert not torch.jit.is_scripting()
    assert not torch.jit.is_tracing()
    assert [mark(len) for mark in (torch.jit.ignore, torch.jit.unused, torch.jit.export, torch.jit._overload)] == [
        len
    ] * 4
    assert torch.jit.script(dict) is dict
    assert torch.jit.script(test_storages_are_read) is test_storages_are_read
    with pytest.raises(
        NotImplementedError, match=r"torch.jit.script for a Linear. .* use the module or function itself"
    ):
        torch.jit.script(torch.nn.Linear(1, 1))


def test_an_instance_of_a_type_that_torchscript_knows():
    of = torch.jit.isinstance
    assert of([1], list[int])
    assert not of([1.0], list[int])
    assert of(None, torch.Tensor | None)
    assert of((1, "a"), tuple[int, str])
    assert not of((1, 2, 3), tuple[int, int])
    assert of({"a": [1]}, dict[str, list[int]])
    assert of("a", (int, str))
    with pytest.warns(UserWarning, match="inner type of a container is lost"):
        assert of([], list[int])
    for kind, text in ((list, "a contained type. .*e.g. list.int."), (dict, "contained types. .* dict.int, int.")):
        with pytest.raises(RuntimeError, match=f"Attempted to use {kind.__name__} without {text}"):
            of([1], kind)


def test_marks_and_names_that_libraries_import_from_pytorchs_own_files():
    internal, common = (
        importlib.import_module(f"funcgrad.torch.{name}") for name in ("_jit_internal", "nn.common_types")
    )
    assert internal._copy_to_script_wrapper(len) is torch.jit.interface(len) is len
    assert issubclass(torch.jit.TracerWarning, Warning)
    assert common._size_2_t == int | tuple[int, int]
    assert torch.legacy_contiguous_format is torch.contiguous_format
    assert torch.distributed.device_mesh.DeviceMesh.__name__ == "DeviceMesh"  # it is in annotations
    collate = importlib.import_module("funcgrad.torch.utils.data._utils.collate")
    assert [bool(collate.np_str_obj_array_pattern.search(kind)) for kind in ("<U3", "O", "<f4")] == [True, True, False]


@pytest.mark.parametrize(
    "name, size, floating, limits",
    [
        ("float8_e4m3fn", 1, True, "finfo(resolution=1, min=-448, max=448, eps=0.125, smallest_normal=0.015625, "),
        ("float8_e5m2", 1, True, "finfo(resolution=1, min=-57344, max=57344, eps=0.25, smallest_normal=6.10352e-05, "),
        ("uint16", 2, False, "iinfo(min=0, max=65535, dtype=uint16)"),
        ("qint8", 1, False, "iinfo(min=-128, max=127, dtype=qint8)"),
    ],
)
def test_a_dtype_of_no_tensor_is_a_name_with_limits(name, size, floating, limits):
    dtype = getattr(torch, name)
    assert (repr(dtype), dtype.itemsize, dtype.is_floating_point) == (f"torch.{name}", size, floating)
    assert repr((torch.finfo if floating else torch.iinfo)(dtype)).startswith(limits)
    assert torch.ones(1).dtype not in (dtype, {dtype: 1})
    for use in (lambda: torch.zeros(1, dtype=dtype), lambda: torch.ones(1).to(dtype)):
        with pytest.raises(NotImplementedError, match=f"has no tensors of torch.{name}. Use a dtype that holds"):
            use()


def test_what_to_is_told_is_parsed_for_modules_that_define_their_own():
    cpu, half = torch.device("cpu"), torch.float16
    parse = torch._C._nn._parse_to
    assert parse() == parse(None) == (None, None, False, None)
    assert parse("cpu", half, True) == parse(device="cpu", dtype=half, non_blocking=True) == (cpu, half, True, None)
    assert parse(torch.ones(1, dtype=torch.int32)) == (cpu, torch.int32, False, None)
    assert parse(memory_format=torch.channels_last) == (None, None, False, torch.channels_last)
    with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
        parse("cuda")


def test_a_device_is_a_block():
    with torch.device("cpu") as device:
        assert torch.ones(1).device == device
    for kind, error in (("cuda", AssertionError), ("mps", NotImplementedError)):
        with pytest.raises(error, match=r"not compiled with CUDA|'mps' is not available"), torch.device(kind):
            pass


def test_names_of_layouts_that_no_tensor_has():
    assert [repr(kind) for kind in (torch.strided, torch.sparse_coo, torch.sparse_csr, torch._mkldnn)] == [
        *("torch.strided", "torch.sparse_coo", "torch.sparse_csr", "torch._mkldnn")
    ]
    assert torch.ones(1).layout not in (torch.sparse_csr, torch.sparse_bsc)
    assert isinstance(torch.sparse_csr, torch.layout)


def test_a_counter_of_operations_can_be_made_and_not_used():
    counter = torch.utils.flop_counter.FlopCounterMode(display=False)
    assert (counter.get_total_flops(), counter.get_flop_counts()) == (0, {})
    with pytest.raises(NotImplementedError, match=r"no torch.utils.flop_counter.FlopCounterMode. Ask XLA"), counter:
        pass


def test_functions_cannot_be_taken_over_in_a_block():
    class Mode(torch.overrides.TorchFunctionMode):
        pass

    with pytest.raises(NotImplementedError, match=r"no torch.overrides.Mode, a TorchFunctionMode. Call what"), Mode():
        pass
    assert torch.overrides.is_tensor_like(torch.ones(1))
    assert not torch.overrides.has_torch_function((torch.ones(1),))


def test_numbers_of_a_tensor_as_text():
    text = importlib.import_module("funcgrad.torch._tensor_str")
    assert text._tensor_str(torch.ones(2, 2), 3) == "[[1., 1.],\n    [1., 1.]]"
    assert text.PRINT_OPTS.threshold == 1000


def test_switches_of_the_compiler_are_accepted():
    torch._dynamo.config.suppress_errors = True
    torch._inductor.config.coordinate_descent_tuning = True
    torch._inductor.config.triton.unique_kernel_names = True
    torch._dynamo.reset()
    assert torch._dynamo.config.suppress_errors
    for package in (torch._dynamo, torch._inductor):
        config = importlib.import_module(f"{package.__name__}.config")
        assert config is package.config
        config.limit = 8
        with config.patch(limit=3, other=1), config.patch("limit", 4), config.patch({"limit": 5}):
            assert (config.limit, config.other) == (5, 1)
        assert (config.limit, hasattr(config, "other")) == (8, False)
    assert torch.fx.wrap(len) is len
    torch._dynamo.mark_static_address(torch.ones(1))
    with importlib.import_module("funcgrad.torch._dynamo._trace_wrapped_higher_order_op").TransformGetItemToIndex():
        assert torch.vmap(lambda i: torch.arange(3)[i])(torch.tensor([2, 0])).tolist() == [2, 0]
    for kind in (torch.cuda.CUDAGraph, lambda: torch.cuda.graph(None)):
        with pytest.raises(RuntimeError, match=r"dummy base class CUDAGraph|requires CUDA support"):
            kind()
    torch._dynamo.mark_static(torch.ones(1), 0)
    torch._dynamo.maybe_mark_dynamic(torch.ones(1), 0)
    assert not torch._dynamo.is_compiling()
    assert torch._dynamo.optimize("eager")(len) is torch._dynamo.disallow_in_graph(len) is len
    assert torch._dynamo.disable(len) is torch._dynamo.disable()(len) is torch._dynamo.allow_in_graph(len) is len


def test_weights_come_from_an_address_once(tmp_path):
    source, folder = tmp_path / "w-00.pth", tmp_path / "here"
    torch.save({"weight": torch.ones(2)}, source)
    for _ in range(2):
        loaded = torch.utils.model_zoo.load_url(source.as_uri(), model_dir=str(folder))
        assert loaded["weight"].tolist() == [1, 1]
        source.unlink(missing_ok=True)
    (tmp_path / "v-00.pth").write_bytes(b"other")
    with pytest.raises(RuntimeError, match=r'invalid hash value \(expected "00", got "d9298a10d1b0'):
        torch.hub.load_state_dict_from_url((tmp_path / "v-00.pth").as_uri(), str(folder), check_hash=True)
    assert [file.name for file in folder.iterdir()] == ["w-00.pth"]


def test_the_folder_of_weights(monkeypatch):
    monkeypatch.setattr(torch.hub, "_folder", [])
    monkeypatch.setenv("TORCH_HOME", "/weights")
    assert torch.hub.get_dir() == "/weights/hub"
    torch.hub.set_dir("/there")
    assert torch.hub.get_dir() == "/there"


def test_modules_under_the_paths_of_pytorchs_files():
    modules = torch.nn.modules
    assert modules.Linear is modules.linear.Linear is torch.nn.Linear
    assert modules.batchnorm.SyncBatchNorm is torch.nn.SyncBatchNorm
    assert modules.module._addindent("a\n\nb\n", 2) == "a\n\n  b\n"
    with pytest.raises(AttributeError, match=r"no torch.nn.modules.Nothing"):
        modules.Nothing  # noqa: B018
    assert modules.module.Module is modules.Module is torch.nn.Module
    assert isinstance(torch.nn.BatchNorm2d(1), modules.batchnorm._BatchNorm)
    assert isinstance(torch.nn.ConvTranspose1d(1, 1, 1), modules.conv._ConvNd)
    assert isinstance(torch.nn.NLLLoss(), modules.loss._WeightedLoss)
    assert modules.utils._pair(3) == modules.utils._pair([3, 3]) == (3, 3)
    assert modules.utils._reverse_repeat_tuple((1, 2), 2) == (2, 2, 1, 1)


def test_methods_of_modules_that_have_nothing_to_do():
    model = torch.nn.Linear(2, 2)
    assert model.to_empty(device="cpu") is model
    assert model.compile(mode="reduce-overhead") is None
    assert model.to(memory_format=torch.channels_last) is model


def test_tensors_say_how_much_memory_they_take():
    x = torch.ones(2, 3, dtype=torch.float64)
    assert (x.itemsize, x.nbytes, x.is_cpu) == (8, 48, True)


def test_a_tensor_has_a_number_of_its_own():
    x = torch.ones(2)
    assert x._cdata == x.view(2)._base._cdata
    assert x._cdata not in (x.detach()._cdata, x.data._cdata)


def test_classes_of_named_results():
    assert type(torch.ones(2).max(0)) is torch.return_types.max
    assert type(torch.linalg.qr(torch.ones(2, 2))) is torch.return_types.linalg_qr


@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")
def test_storages_are_read():
    x = torch.arange(6.0).view(2, 3)
    storage = x[1].storage()
    assert torch.is_storage(storage)
    assert (storage.tolist(), len(storage), storage[4], storage.dtype) == ([0, 1, 2, 3, 4, 5], 6, 4, torch.float32)
    assert repr(storage).endswith(" 5.0\n[torch.storage.TypedStorage(dtype=torch.float32, device=cpu) of size 6]")
    raw = x.untyped_storage()
    assert (raw.nbytes(), raw.data_ptr()) == (24, x.data_ptr())
    assert repr(raw).endswith("[torch.storage.UntypedStorage(device=cpu) of size 24]")


@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")
def test_what_is_written_to_a_storage_is_in_its_tensors():
    x = torch.arange(6.0).view(2, 3)
    row, turned, storage = x[1], x.t(), x.storage()
    storage[3] = 10
    storage[0:2] = -1.0
    assert x.tolist() == [[-1, -1, 2], [10, 4, 5]]
    assert (row.tolist(), turned[0].tolist()) == ([10, 4, 5], [-1, 10])
    with pytest.raises(IndexError, match="index 6 out of range for storage of size 6"):
        storage[6]
    with pytest.raises(RuntimeError, match="slices are only supported in UntypedStorage"):
        storage[0:2]
    with pytest.raises(RuntimeError, match=r"can't index a .*TypedStorage'> with <class 'str'>"):
        storage["a"] = 1


def test_dtypes_that_differ_are_named():
    with pytest.raises(RuntimeError, match="mat1 and mat2 must have the same dtype, but got Double and Float"):
        torch.nn.Linear(2, 3)(torch.ones(1, 4).double())
    with pytest.raises(RuntimeError, match=r"The size of tensor a \(3\) must match the size of tensor b \(4\) at non-"):
        torch.broadcast_tensors(torch.ones(2, 3), torch.ones(4))
    torch.manual_seed(0)
    assert torch.normal(0.0, 1.0, (2,), dtype=torch.float64).tolist() == [1.5409961082440433, -0.2934289057609464]


def test_paths_of_pytorchs_own_files_that_scripts_import():
    assert torch.functional.einsum is torch.einsum
    assert torch.cuda.random.manual_seed_all is torch.cuda.manual_seed_all
    with pytest.raises(AttributeError, match=r"no torch.functional.relu"):
        torch.functional.relu  # noqa: B018
    assert isinstance(torch.Size([1]), torch.types._size)
    assert isinstance("cpu", torch.types.Device)
    assert torch.jit.annotate(list, [1]) == [1]
    assert torch.jit.Final[int]


def test_an_option_that_an_optimizer_requires():
    kind = type("Own", (torch.optim.Optimizer,), {})
    needed = {"lr": torch.optim.optimizer.required}
    with pytest.raises(ValueError, match="didn't specify a value of required optimization parameter lr"):
        kind([torch.ones(1, requires_grad=True)], needed)
    made = kind([{"params": [torch.ones(1, requires_grad=True)], "lr": 0.1}], needed)
    assert made.param_groups[0]["lr"] == 0.1
    assert repr(torch.optim.optimizer.required) == "<required parameter>"


def test_lists_in_groups_of_one_dtype():
    from funcgrad.torch.utils._foreach_utils import _group_tensors_by_device_and_dtype, _has_foreach_support

    xs = [torch.ones(1), torch.ones(2, dtype=torch.float64), torch.ones(3)]
    cpu = torch.device("cpu")
    groups = _group_tensors_by_device_and_dtype([xs, [None] * 3, []], with_indices=True)
    assert groups[cpu, torch.float32] == ([[xs[0], xs[2]], [None, None], []], [0, 2])
    assert groups[cpu, torch.float64] == ([[xs[1]], [None], []], [1])
    assert _has_foreach_support(xs, cpu)
    assert not _has_foreach_support([torch.nn.Parameter(xs[0])], cpu)


def test_what_libraries_call_at_the_side():
    assert torch._C._log_api_usage_once("a library") is None
    with pytest.raises(NotImplementedError, match=r"no torch._C.Value.* TorchScript is not there"):
        torch._C.Value()


def test_a_future_is_completed_once_and_its_callbacks_follow():
    seen = []
    future = torch.Future()
    child = future.then(lambda parent: parent.wait() + 1)
    future.add_done_callback(lambda parent: seen.append(parent.value()))
    with pytest.raises(RuntimeError, match="not completed"):
        future.value()
    future.set_result(2)
    assert (future.done(), child.wait(), seen) == (True, 3, [2])
    with pytest.raises(RuntimeError, match="only be marked completed once"):
        future.set_result(3)
    broken = future.then(lambda parent: 1 / 0)
    with pytest.raises(RuntimeError, match="error when running the callback: ZeroDivisionError"):
        broken.wait()
    parts = [torch.Future(), torch.Future()]
    everything = torch.futures.collect_all(parts)
    for k, part in enumerate(parts):
        part.set_result(k)
    assert [part.wait() for part in everything.wait()] == torch.futures.wait_all(parts) == [0, 1]


def test_marks_for_a_gpus_profiler_need_cuda():
    with pytest.raises(RuntimeError, match=r"NVTX functions not installed\. Are you sure you have a CUDA build"):
        torch.cuda.nvtx.range_push("step")
    with pytest.raises(RuntimeError, match="NVTX"), torch.cuda.nvtx.range("step"):
        pass
