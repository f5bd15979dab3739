"""Parts of PyTorch that are not there on purpose, and old paths that lead to what is."""

import importlib

import pytest

import funcgrad.torch as torch

ADVICE = {
    "jit.script": "use the module or function itself",
    "jit.trace": "Save model.state_dict",
    "onnx.export": "export it where PyTorch is installed",
    "hub.load": "Download the weights yourself",
    "fx.symbolic_trace": "funcgrad.functionalize",
    "sparse.FloatTensor": "Use dense tensors",
    "nested.nested_tensor": "pad_sequence",
    "distributed.init_process_group": "Train in one process",
    "utils.cpp_extension.load": "torch.autograd.Function",
    "utils.model_zoo.load_url": "Download the file yourself",
}


@pytest.mark.parametrize("name", ADVICE)
def test_an_import_succeeds_and_the_first_use_says_what_to_do(name):
    path, _, last = name.rpartition(".")
    module = importlib.import_module(f"funcgrad.torch.{path}")
    assert not hasattr(module, last)
    with pytest.raises(NotImplementedError, match=rf"funcgrad.torch has no torch.{name}. .*{ADVICE[name]}"):
        getattr(module, last)


def test_what_models_mark_for_torchscript_stays_as_it_is():
    assert not torch.jit.is_scripting()
    assert not torch.jit.is_tracing()
    assert [mark(len) for mark in (torch.jit.ignore, torch.jit.unused, torch.jit.export, torch.jit.ignore())] == [
        len
    ] * 4


def test_switches_of_the_compiler_are_accepted():
    torch._dynamo.config.suppress_errors = True
    torch._inductor.config.coordinate_descent_tuning = True
    torch._dynamo.reset()
    assert torch._dynamo.config.suppress_errors


def test_modules_under_the_paths_of_pytorchs_files():
    modules = torch.nn.modules
    assert modules.module.Module is modules.Module is torch.nn.Module
    assert isinstance(torch.nn.BatchNorm2d(1), modules.batchnorm._BatchNorm)
    assert isinstance(torch.nn.ConvTranspose1d(1, 1, 1), modules.conv._ConvNd)
    assert isinstance(torch.nn.NLLLoss(), modules.loss._WeightedLoss)
    assert modules.utils._pair(3) == modules.utils._pair([3, 3]) == (3, 3)
    assert modules.utils._reverse_repeat_tuple((1, 2), 2) == (2, 2, 1, 1)


def test_methods_of_modules_that_have_nothing_to_do():
    model = torch.nn.Linear(2, 2)
    assert model.share_memory() is model
    assert model.to_empty(device="cpu") is model
    assert model.compile(mode="reduce-overhead") is None
    assert model.to(memory_format=torch.channels_last) is model
    with pytest.raises(NotImplementedError, match="Call register_full_backward_hook"):
        model.register_backward_hook(print)


def test_classes_of_named_results():
    assert type(torch.ones(2).max(0)) is torch.return_types.max
    assert type(torch.linalg.qr(torch.ones(2, 2))) is torch.return_types.linalg_qr


def test_storages_are_read():
    x = torch.arange(6.0).view(2, 3)
    with pytest.warns(UserWarning, match="TypedStorage is deprecated"):
        storage = x[1].storage()
    assert torch.is_storage(storage)
    assert (storage.tolist(), len(storage), storage[4], storage.dtype) == ([0, 1, 2, 3, 4, 5], 6, 4, torch.float32)
    assert repr(storage).endswith(" 5.0\n[torch.storage.TypedStorage(dtype=torch.float32, device=cpu) of size 6]")
    raw = x.untyped_storage()
    assert (raw.nbytes(), raw.data_ptr()) == (24, x.data_ptr())
    assert repr(raw).endswith("[torch.storage.UntypedStorage(device=cpu) of size 24]")


def test_dtypes_that_differ_are_named():
    with pytest.raises(RuntimeError, match="mat1 and mat2 must have the same dtype, but got Double and Float"):
        torch.nn.Linear(2, 3)(torch.ones(1, 4).double())
    with pytest.raises(RuntimeError, match=r"The size of tensor a \(3\) must match the size of tensor b \(4\) at non-"):
        torch.broadcast_tensors(torch.ones(2, 3), torch.ones(4))
    torch.manual_seed(0)
    assert torch.normal(0.0, 1.0, (2,), dtype=torch.float64).tolist() == [1.5409961082440433, -0.2934289057609464]
