"""The census: PyTorch names that real training scripts use (with the number of repositories), and which are there."""

import copy
import json
import operator
import pickle
import types
from pathlib import Path

import pytest

import funcgrad.torch as torch
from funcgrad.torch._overriding import Overridable
from funcgrad.trace.statistics import stats

NAMES = json.loads((Path(__file__).parents[1] / "support" / "names.json").read_text(encoding="utf-8"))
"""Without names of distributed training, fx, jit, onnx, quantization, sparse and nested tensors, hub, and of vendors."""

NOT_IN_PYTORCH = {
    *("F.pool", "btriunpack", "nn.MaskedLinear", "nn._pair", "optim.required", "set_deterministic", "sq"),
}
"""Names of old releases, or misread by the census: PyTorch 2.13 does not have them either."""

MISSING: set[str] = set()
"""Names to come: none at present. A name that appears must leave this list."""


def roots(torch):
    """What the first word of a name stands for; other names are looked up in the module."""
    optimizer = torch.optim.SGD([torch.ones(2, requires_grad=True)], lr=0.1)
    return {
        "Tensor": torch.ones(2, 2),
        "nn.Module": torch.nn.Linear(2, 2),
        "Optimizer": optimizer,
        "LRScheduler": torch.optim.lr_scheduler.StepLR(optimizer, 1),
        "F": torch.nn.functional,
    }


def is_there(torch, name, roots):
    """Whether a dotted name can be read."""
    root = max((r for r in roots if name.startswith(f"{r}.")), key=len, default="")
    found, rest = roots.get(root, torch), name.removeprefix(f"{root}.") if root else name
    for part in rest.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            return False
        except RuntimeError:  # it is there, and says what is wrong with this object
            return True
    return True


@pytest.mark.filterwarnings("ignore")
def test_every_name_is_there_or_on_the_list():
    objects = roots(torch)
    absent = {name for name in NAMES if not is_there(torch, name, objects)}
    appeared = sorted((MISSING | NOT_IN_PYTORCH) - absent)
    assert not appeared, f"{appeared} are there now: take them off the list"
    lost = sorted(absent - MISSING - NOT_IN_PYTORCH)
    there = len(NAMES) - len(absent)
    assert not lost, f"{there} of {len(NAMES)} names are there; scripts need {lost}, which funcgrad.torch has not"
    assert there == len(NAMES) - len(NOT_IN_PYTORCH)  # every name of the census that PyTorch still has


def test_the_version_passes_comparisons():
    assert torch.__version__ == torch.version.__version__ == "2.13.0"
    assert torch.__version__ >= "2.9"
    assert torch.__version__ > (1, 10)
    assert not torch.__version__ < "2.9.1"
    assert torch.version.cuda is None


@pytest.mark.parametrize(
    "dtype, text",
    [
        ("float32", "finfo(resolution=1e-06, min=-3.40282e+38, max=3.40282e+38, eps=1.19209e-07, "
         "smallest_normal=1.17549e-38, tiny=1.17549e-38, dtype=float32)"),
        ("bfloat16", "finfo(resolution=0.01, min=-3.38953e+38, max=3.38953e+38, eps=0.0078125, "
         "smallest_normal=1.17549e-38, tiny=1.17549e-38, dtype=bfloat16)"),
    ],
)  # fmt: skip
def test_limits_of_floats(dtype, text):
    assert repr(torch.finfo(getattr(torch, dtype))) == text


def test_limits_of_integers():
    assert repr(torch.iinfo(torch.int32)) == "iinfo(min=-2.14748e+09, max=2.14748e+09, dtype=int32)"
    assert (torch.iinfo(torch.uint8).min, torch.iinfo(torch.int64).max) == (0, 2**63 - 1)
    with pytest.raises(TypeError, match=r"requires an integer input type. Use torch.finfo"):
        torch.iinfo(torch.float32)
    with pytest.raises(TypeError, match=r"requires a floating point input type. Use torch.iinfo"):
        torch.finfo(torch.int32)


def test_questions_about_types_and_shapes():
    assert torch.promote_types(torch.uint8, torch.int8) is torch.int16
    assert torch.result_type(torch.tensor([1]), 2.5) is torch.float32
    assert torch.can_cast(torch.int64, torch.uint8)
    assert not torch.can_cast(torch.float32, torch.int32)
    assert torch.broadcast_shapes((2, 1), (3,)) == (2, 3)
    with pytest.raises(
        RuntimeError, match=r"Attempting to broadcast a dimension of length 3 at -2! Mismatching argument"
    ):
        torch.broadcast_shapes((2, 1), (3, 3))


@pytest.mark.parametrize(
    "call",
    [
        lambda x, **dim: x.squeeze(**dim),
        lambda x, **dim: torch.unsqueeze(x, **dim),
        lambda x, **dim: x.clone().unsqueeze_(**dim),
        lambda x, **dim: x.gather(index=torch.zeros(1, 1, 3, dtype=torch.int64), **dim),
        lambda x, **dim: x.index_select(index=torch.tensor([0]), **dim),
        lambda x, **dim: torch.topk(x, 1, **dim)[0],
        lambda x, **dim: torch.chunk(x, 2, **dim)[0],
        lambda x, **dim: x.median(**dim).values,
    ],
)
def test_axis_is_another_name_for_dim(call):
    x = torch.arange(6.0).reshape(2, 1, 3)
    assert call(x, axis=1).equal(call(x, dim=1))


def test_what_pytorch_has_in_python_takes_no_axis():
    with pytest.raises(TypeError, match="unexpected keyword argument 'axis'"):
        torch.split(torch.ones(2), 1, axis=0)


def test_compile_gives_a_module_that_stands_for_another():
    model = torch.nn.Sequential(torch.nn.Linear(2, 2))
    compiled = torch.compile(model, mode="max-autotune")
    assert compiled._orig_mod is model
    assert list(compiled.state_dict()) == ["_orig_mod.0.weight", "_orig_mod.0.bias"]
    assert repr(compiled).startswith("OptimizedModule(\n  (_orig_mod): Sequential(\n    (0): Linear(in_features=2,")
    x = torch.ones(1, 2)
    assert compiled(x).equal(model(x))
    compiled.eval().rate = 3
    assert (model.training, model.rate, compiled.training, len(compiled)) == (False, 3, False, 1)
    assert not isinstance(compiled, torch.nn.Sequential)
    del compiled.rate
    again = copy.deepcopy(compiled)
    assert again._orig_mod is not model
    assert again(x).equal(compiled(x))
    with pytest.raises(TypeError, match=r"Linear does not support len\(\)"):
        len(torch.compile(model[0]))
    with pytest.raises(AttributeError, match="'Sequential' object has no attribute 'nope'"):
        compiled.nope  # noqa: B018


def test_compile_gives_the_function_that_it_got():
    assert torch.compile(fullgraph=True)(len) is len
    with pytest.raises(AssertionError, match=r"A callable function is expected, but <class 'int'> is provided."):
        torch.compile(3)


def test_retired_names_answer_with_a_warning_and_the_others_are_missing():
    with pytest.warns(UserWarning, match=r"'has_cudnn' is deprecated, please use 'torch.backends.cudnn.is_available"):
        assert torch.has_cudnn is torch.backends.cudnn.is_available()
    assert (torch.has_mkl, torch.has_lapack) == (True, True)
    with pytest.raises(AttributeError, match=r"funcgrad.torch has no torch.nope"):
        torch.nope  # noqa: B018


def test_switches_are_remembered():
    torch.set_float32_matmul_precision("high")
    assert torch.get_float32_matmul_precision() == "high"
    torch.set_float32_matmul_precision("highest")
    torch.use_deterministic_algorithms(True, warn_only=True)
    assert torch.are_deterministic_algorithms_enabled()
    assert torch.get_deterministic_debug_mode() == 1
    torch.use_deterministic_algorithms(False)
    torch.set_default_device("cpu")
    with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
        torch.set_default_device("cuda")
    with pytest.raises(RuntimeError, match="set_num_threads expects a positive integer"):
        torch.set_num_threads(0)


def test_a_gpu_is_not_there():
    assert not torch.cuda.is_available()
    assert (torch.cuda.device_count(), torch.cuda.memory_allocated(), torch.accelerator.device_count()) == (0, 0, 0)
    for ask in (
        torch.cuda.current_device,
        torch.cuda.synchronize,
        torch.cuda.get_device_name,
        lambda: torch.cuda.set_device(0),
    ):
        with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
            ask()
    with pytest.raises(TypeError, match=r"type torch.cuda.FloatTensor not available"):
        torch.cuda.FloatTensor(2)
    with pytest.raises(RuntimeError, match="without MPS backend"):
        torch.mps.synchronize()
    with pytest.raises(RuntimeError, match=r"Cannot access accelerator device when none is available."):
        torch.accelerator.set_device_index(0)


def test_distributed_training_says_what_to_do():
    assert not torch.distributed.is_available()
    with pytest.raises(NotImplementedError, match=r"torch.distributed with 2 processes. Train in one process"):
        torch.distributed.init_process_group("gloo", rank=0, world_size=2, init_method="file:///tmp/none")
    with pytest.raises(ValueError, match="Invalid rank 1 in a group of 1: expected 0"):
        torch.distributed.init_process_group("gloo", rank=1, world_size=1, init_method="file:///tmp/none")
    assert not torch.distributed.is_initialized()


def test_data_parallel_calls_its_module():
    model = torch.nn.Linear(2, 3)
    parallel = torch.nn.DataParallel(model, device_ids=[0])
    assert list(parallel.state_dict()) == ["module.weight", "module.bias"]
    x = torch.ones(1, 2)
    torch.testing.assert_close(parallel(x), model(x))
    torch.testing.assert_close(torch.nn.parallel.data_parallel(model, x), model(x))


def test_a_checkpointed_function_has_its_gradient():
    x = torch.ones(2, requires_grad=True)
    torch.utils.checkpoint.checkpoint(lambda x: (x * x).sum(), x, use_reentrant=False).backward()
    assert x.grad.tolist() == [2, 2]


def test_the_configuration_says_what_computes():
    assert torch.__config__.show().startswith("PyTorch 2.13.0 as funcgrad has it, built with:\n  - JAX ")
    assert torch.__config__.parallel_info().startswith("XLA parallel backend, ")


def test_a_reentrant_checkpoint_of_inputs_without_grad_has_no_gradients():
    model, checkpoint = torch.nn.Linear(2, 1), torch.utils.checkpoint.checkpoint
    with pytest.warns(UserWarning, match="None of the inputs have requires_grad=True. Gradients will be None"):
        assert not checkpoint(model, torch.ones(1, 2), use_reentrant=True).requires_grad
    assert checkpoint(model, torch.ones(1, 2), use_reentrant=False).requires_grad
    assert checkpoint(model, torch.ones(1, 2, requires_grad=True), use_reentrant=True).requires_grad
    with pytest.raises(ValueError, match="Unexpected keyword arguments: input"):
        checkpoint(model, input=torch.ones(1, 2), use_reentrant=True)


def test_a_profiler_times_its_block_and_says_what_it_cannot():
    with torch.profiler.profile() as found:
        torch.ones(2).sum()
        found.step()
    assert found.step_num == 1
    assert found.seconds > 0
    with pytest.raises(NotImplementedError, match="Operators run inside compiled programs"):
        found.key_averages()


CLOSE = {
    "Tensor-likes are not close!\n\nMismatched elements: 2 / 2 (100.0%)\nGreatest absolute difference: "
    "0.10000002384185791 at index (0,) (up to 1e-05 allowed)\nGreatest relative difference: 0.09090910851955414 at index "
    "(0,) (up to 1.3e-06 allowed)": lambda t: (t.ones(2), t.ones(2) * 1.1),
    "Scalars are not close!\n\nExpected 2.0 but got 1.0.\nAbsolute difference: 1.0 (up to 1e-05 allowed)\nRelative "
    "difference: 0.5 (up to 1.3e-06 allowed)": lambda t: (t.tensor(1.0), t.tensor(2.0)),
    "The values for attribute 'shape' do not match: torch.Size([2]) != torch.Size([3]).": lambda t: (
        t.ones(2),
        t.ones(3),
    ),
    "Scalars are not equal!\n\nExpected 2 but got 1.\nAbsolute difference: 1\nRelative difference: 0.5": lambda t: (
        1,
        2,
    ),
    "The length of the sequences mismatch: 1 != 2": lambda t: ([1.0], [1.0, 2.0]),
}


@pytest.mark.parametrize("text", CLOSE)
def test_assert_close_says_where_and_how_far(text):
    with pytest.raises(AssertionError) as caught:
        torch.testing.assert_close(*CLOSE[text](torch))
    assert str(caught.value) == text


def test_jacobians_and_hessians():
    x, w = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    functional = torch.autograd.functional
    torch.testing.assert_close(functional.jacobian(lambda x: w @ (x * x), x), 2 * w * x)
    torch.testing.assert_close(functional.hessian(lambda x: (x**3).sum(), x), torch.diag(6 * x))
    value, product = functional.vjp(lambda x: w @ x, x, torch.tensor([1.0, 1.0]))
    assert (value.tolist(), product.tolist()) == ([14, 32], [5, 7, 9])
    assert functional.jvp(lambda x: w @ (x * x), x, torch.ones(3))[1].tolist() == [28, 64]
    assert functional.hvp(lambda x: (x**3).sum(), x, torch.ones(3))[1].tolist() == [6, 12, 18]


def test_gradgradcheck_starts_from_drawn_vectors_and_finds_a_derivative_that_is_lost():
    class Hidden(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.grown = x.exp()  # an intermediate result: its graph is not recorded
            return ctx.grown * 2

        @staticmethod
        def backward(ctx, g):
            return g * ctx.grown * 2

    x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    torch.manual_seed(0)
    assert torch.autograd.gradgradcheck(lambda x: x.sin(), x)
    after = torch.rand(1).item()
    torch.manual_seed(0)
    torch.empty(2, dtype=torch.float64).uniform_(-1, 1)
    assert torch.rand(1).item() == after
    with pytest.raises(RuntimeError, match="for output 0 with respect to input 0"):
        torch.autograd.gradgradcheck(Hidden.apply, x)


def test_gradcheck_finds_a_wrong_gradient():
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * x

        @staticmethod
        def backward(ctx, g):
            return g

    x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: x.sin(), (x,))
    assert torch.autograd.gradgradcheck(lambda x: x.sin(), (x,))
    with pytest.raises(RuntimeError, match="Jacobian mismatch for output 0 with respect to input 0"):
        torch.autograd.gradcheck(Wrong.apply, (x,))


def test_gradcheck_looks_at_both_parts_of_complex_outputs():
    class Unconjugated(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z):
            ctx.save_for_backward(z)
            return z * z

        @staticmethod
        def backward(ctx, g):
            return 2 * g * ctx.saved_tensors[0]

    z = torch.tensor([1 + 2j, 0.5 - 1j], dtype=torch.complex128, requires_grad=True)
    x = torch.tensor([0.3, 1.5], dtype=torch.float64, requires_grad=True)
    for function in (lambda z: z * z, lambda z: z.conj() * z, torch.abs, torch.angle, torch.exp, torch.fft.fft):
        assert torch.autograd.gradcheck(function, (z,))
    assert torch.autograd.gradcheck(lambda x, z: (x * z, x.sin(), torch.complex(x, 2 * x)), (x, z))
    assert torch.autograd.gradgradcheck(lambda z: z * z * z, (z,))
    wrong = "While considering the imaginary part of complex outputs only, Jacobian mismatch for output 0"
    with pytest.raises(RuntimeError, match=wrong):
        torch.autograd.gradcheck(Unconjugated.apply, (z,))
    assert not torch.autograd.gradcheck(Unconjugated.apply, (z,), raise_exception=False)


def test_gradcheck_of_many_outputs_takes_work_in_proportion():
    def work(size):
        x, before = torch.ones(size, dtype=torch.float64, requires_grad=True), stats.equations
        assert torch.autograd.gradcheck(torch.sin, (x,))
        return stats.equations - before

    work(4)  # what is computed once
    assert work(32) < 5 * work(8)


def test_function_transforms():
    x = torch.tensor([1.0, 2.0])
    assert torch.func.grad(lambda x: (x**3).sum())(x).tolist() == [3, 12]
    assert torch.func.grad(lambda y: torch.func.grad(lambda x: x**3)(y))(torch.tensor(2.0)).item() == 12
    assert torch.vmap(lambda a, b: a * b, in_dims=(0, None))(x, x).tolist() == [[1, 2], [2, 4]]
    model = torch.nn.Linear(2, 1)
    made = torch.func.functional_call(model, {"weight": torch.ones(1, 2), "bias": torch.zeros(1)}, x)
    assert made.tolist() == [3]
    assert "weight" in dict(model.named_parameters())


@pytest.mark.parametrize("path", ["", "linalg", "fft", "special", "nn.functional"])
def test_operators_are_pickled_by_name(path):
    """As a process that is spawned gets them, in a model that keeps its activation for example."""
    module = operator.attrgetter(path)(torch) if path else torch
    kinds = types.FunctionType | Overridable
    functions = [x for name, x in vars(module).items() if name[0] != "_" and isinstance(x, kinds)]
    assert len(functions) > 20
    assert all(pickle.loads(pickle.dumps(function)) is function for function in functions)
