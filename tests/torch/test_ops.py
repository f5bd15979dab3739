"""Every row of the operator table on its samples, against what was recorded from PyTorch."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from outcomes import array, direction, finish, gradients, in_words, preparation, start
from recorded_outcomes import unpack
from samples import SAMPLES

import funcgrad.torch as torch
from funcgrad.tolerances import tolerance
from funcgrad.torch._ops import ROWS
from funcgrad.torch._ops.rows import in_place
from funcgrad.torch._types import DTYPES
from funcgrad.trace import stats

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*degrees of freedom is <= 0",
    "ignore:torch.range is deprecated",
    "ignore:torch.lu is deprecated",
    "ignore:The use of `x.T` on tensors",
    "ignore:Using torch.cross without specifying the dim",
    "ignore:index_reduce",
    "ignore:The reduce argument of torch.scatter",
)
SUPPORT = Path(__file__).parents[1] / "support"
RECORDED = unpack()
KNOWN = tomllib.loads((SUPPORT / "known_differences.toml").read_text(encoding="utf-8"))
STEP = 1e-6  # of a finite difference in float64


def key(row):
    """The sample row of an operator row; `x.where` is another function than `torch.where`."""
    return "Tensor.where" if row.name == "where" and not row.function else row.name


CALLS = {key(row): in_words(row.name, row.call) for row in ROWS}
IN_PLACE = {key(row): in_place(row) for row in ROWS if row.inplace and key(row) in SAMPLES}
every_row = pytest.mark.parametrize("name", SAMPLES)


def started(name, **how):
    return [start(torch, CALLS[name], sample, **preparation(name) | how) for sample in SAMPLES[name]]


@every_row
@pytest.mark.usefixtures("unoptimized")
def test_values_gradients_and_errors_are_pytorchs(name):
    runs = started(name)
    differentiate(runs, RECORDED[name])
    for number, (run, recorded) in enumerate(zip(runs, RECORDED[name], strict=True)):
        found = differences(finish(run), recorded)
        assert found.keys() == known(name, number), f"{name}, sample {number}, {SAMPLES[name][number]}: {found}"


def known(name, number):
    """The parts of a sample's outcome that are known to differ."""
    return {d["what"] for d in KNOWN.get(name, ()) if number in d["samples"]}


def differentiate(runs, recorded):
    """Fill in gradients; an operator without a derivative says so when it is asked for one."""
    has_gradient = [bool(r.get("gradients")) for r in recorded]
    gradients(torch, [run for run, has in zip(runs, has_gradient, strict=True) if has])
    for run, has in zip(runs, has_gradient, strict=True):
        if not has and any(getattr(x, "requires_grad", False) for x in run.results):
            with pytest.raises(RuntimeError, match="is not implemented"):
                gradients(torch, [run])


def differences(ours, recorded):
    """What differs, as `{part: text}`."""
    if "error" in ours or "error" in recorded:
        texts = ours.get("error"), recorded.get("error")
        return {} if texts[0] == texts[1] else {"error": f"{texts[0]!r} is not {texts[1]!r}"}
    found = {part: unequal(ours[part], recorded[part], part[:-1]) for part in ("values", "gradients")}
    nodes = [x["node"].removeprefix("torch::autograd::") for x in (ours, recorded)]
    if nodes[0] != nodes[1]:
        found["node"] = f"{nodes[0]} is not {nodes[1]}"
    return {part: text for part, text in found.items() if text}


def unequal(ours, theirs, kind):
    """How two lists of results differ, or nothing."""
    if len(ours) != len(theirs):
        return f"{len(ours)} results, not {len(theirs)}"
    for a, b in zip(ours, theirs, strict=True):
        if isinstance(a, np.ndarray) != isinstance(b, np.ndarray):
            return f"{a!r} is not {b!r}"
        elif not isinstance(b, np.ndarray):
            if (list(a) if isinstance(a, tuple) else a) != b:
                return f"{a!r} is not {b!r}"
        elif (a.shape, a.dtype) != (b.shape, b.dtype):
            return f"{a.dtype}{a.shape} is not {b.dtype}{b.shape}"
        elif not np.allclose(a, b, **tolerance(a.dtype, kind), equal_nan=True):
            return f"{a} is not {b}"
    return ""


def is_real(recorded):
    """Whether a sample has a gradient that a difference of real numbers tells."""
    return bool(recorded.get("gradients")) and not np.iscomplexobj(recorded["values"][0])


def dimensions(sample):
    return sum(len(x.shape) for x in sample.operands())


@every_row
def test_gradients_are_finite_differences(name):
    smooth = [k for k, sample in enumerate(SAMPLES[name]) if sample.is_smooth() and is_real(RECORDED[name][k])]
    if not smooth or name in {"float", "half"}:
        pytest.skip("no gradient, or no float64 result")
    sample = max((SAMPLES[name][k] for k in smooth), key=dimensions)
    run, above, below = (
        start(torch, CALLS[name], sample, dtype="float64", shift=shift, requires_grad=not shift, prepare=torch.clone)
        for shift in (0, STEP, -STEP)
    )
    gradients(torch, [run])
    slope = 0.0
    for k, (y, high, low) in enumerate(zip(run.results, above.results, below.results, strict=True)):
        if y.requires_grad:
            slope += np.sum(direction(array(y), k) * (array(high) - array(low))) / (2 * STEP)
    moves = [direction(x.array(k), k) for k, x in enumerate(sample.operands()) if x.dtype == "float32"]
    ours = sum(np.sum(array(g) * move) for g, move in zip(run.gradients, moves, strict=True) if g is not None)
    np.testing.assert_allclose(ours, slope, rtol=1e-6, atol=1e-7)  # a difference of two values near one, over 2e-6


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_equals_out_of_place(name):
    fits = [k for k, r in enumerate(RECORDED[name]) if fits_itself(SAMPLES[name][k], r)]
    assert fits, f"no sample of {name} has a result of the shape and dtype of its first operand"
    runs = [start(torch, IN_PLACE[name], SAMPLES[name][k], prepare=torch.clone) for k in fits]
    differentiate(runs, [RECORDED[name][k] for k in fits])
    for k, run in zip(fits, runs, strict=True):
        assert run.error == ""
        if "values" not in known(name, k):
            assert unequal([array(x) for x in run.results], RECORDED[name][k]["values"], "value") == ""
        ours = [None if g is None else array(g) for g in run.gradients]
        if "gradients" not in known(name, k):
            assert unequal(ours, RECORDED[name][k]["gradients"], "gradient") == ""


def fits_itself(sample, recorded):
    first = sample.operands()[0].array(0)
    is_first = sample.args and sample.args[0] is sample.operands()[0]
    result = recorded.get("values", [None])[0]
    return is_first and result is not None and (result.shape, result.dtype) == (first.shape, first.dtype)


ABOUT_LAYOUT = {
    "_is_view",
    "stride",
    "is_contiguous",
    "storage_offset",
    "as_strided",
    "as_strided_copy",
    "view",
    "view_as",
    "unflatten",
}


def strided(x):
    """The same values as a view whose elements do not lie side by side."""
    return torch.stack([x, x], -1)[..., 0]


@every_row
def test_a_view_gives_what_its_copy_gives(name):
    usable = [k for k, r in enumerate(RECORDED[name]) if "error" not in r and SAMPLES[name][k].operands()]
    chosen = [k for k in usable if not known(name, k)]
    if not chosen or name in ABOUT_LAYOUT:
        pytest.skip("no operand, or about the layout itself")
    k = max(chosen, key=lambda k: dimensions(SAMPLES[name][k]))
    run = start(torch, CALLS[name], SAMPLES[name][k], prepare=strided)
    differentiate([run], RECORDED[name][k : k + 1])
    found = differences(finish(run) | {"node": ""}, RECORDED[name][k] | {"node": ""})
    assert not found, f"{name}, sample {k}: {found}"


STORED = [
    "BFloat16",
    "Bool",
    "Byte",
    "Char",
    "ComplexDouble",
    "ComplexFloat",
    "Double",
    "Float",
    "Half",
    "Int",
    "Long",
    "Short",
]
ELSEWHERE = {
    "test_random.py, test_random_ops.py": {
        *("rand", "randn", "randint", "randperm", "normal", "rand_like", "randn_like", "randint_like", "normal_"),
        *("uniform_", "bernoulli", "bernoulli_", "cauchy_", "exponential_", "geometric_", "log_normal_", "multinomial"),
        "random_",
    },
    "test_serialization.py": {"__reduce_ex__"},
    "test_resynthesis.py": {"istft"},
    "test_exchange.py": {
        *("__dlpack__", "__dlpack_device__", "from_dlpack", "to_dlpack", "frombuffer", "is_inference", "is_neg"),
        *("vander", "__array_priority__", "__array_wrap__"),
    },
    "test_conversion.py": {
        *("numpy", "from_numpy", "cuda", "bfloat16", "empty", "empty_like", "new_empty", "data_ptr", "is_pinned"),
        *("is_set_to", "is_shared", "new", "__new__", "__array__", "__jax_array__", "__complex__", "__format__"),
        *("__repr__", *(d.legacy for d in DTYPES)),
    },
    "test_linalg.py": {
        *("det", "logdet", "slogdet", "svd", "qr", "cholesky", "triangular_solve", "pinverse", "cholesky_inverse"),
        *("cholesky_solve", "matrix_power", "matrix_exp", "inverse", "chain_matmul", "spmm", "eig", "symeig", "lstsq"),
        *("solve", "matrix_rank"),
    },
    "test_fft.py": {
        *(
            "real",
            "imag",
            "conj",
            "angle",
            "is_conj",
            "conj_physical",
            "resolve_conj",
            "resolve_neg",
            "complex",
            "polar",
        ),
        *("view_as_complex", "view_as_real", "H", "mH"),
    },
    "test_legacy.py": {
        *("resize_", "resize_as_", "resize", "resize_as", "apply_", "map_", "pin_memory", "to_dense", "values"),
        *("reinforce", "volatile", "is_xpu", "promote_types", "result_type", "can_cast", "broadcast_shapes"),
        *("is_storage", "typename", "storage", "untyped_storage", "_typed_storage"),
    },
    "test_special.py": {"float_power_"},
    "parity/test_storage_types.py": {"Storage", "set_", "storage_type", *(f"{kind}Storage" for kind in STORED)},
    "semantics/processes.py": {"share_memory_"},
    "test_absent.py": {"nbytes", "itemsize", "is_cpu", "_cdata"},
    "test_distributions.py": {"poisson", "binomial", "_standard_gamma"},
    "the tests of autograd": {
        *("backward", "register_hook", "register_post_accumulate_grad_hook", "requires_grad_", "retain_grad"),
        *("detach_", "__deepcopy__", "__copy__", "module_load"),
    },
}


def test_every_row_has_samples_or_a_test_elsewhere():
    assert CALLS.keys() == SAMPLES.keys() | set().union(*ELSEWHERE.values())


CHANGING = {
    "clamp": lambda x, k: x.clamp(0.1 * k, 5),
    "masked_fill": lambda x, k: x.masked_fill(x > 1, 0.5 * k),
    "power": lambda x, k: x ** (k + 3.5),
    "roll": lambda x, k: x.roll(k, 0),
    "triu": lambda x, k: x.triu(k),
    "select": lambda x, k: x.select(0, k),
    "narrow": lambda x, k: x.narrow(1, k, 2),
    "getitem": lambda x, k: x[k, k : k + 2],
    "lerp": lambda x, k: x.lerp(x + 1, 0.1 * k),
    "add with alpha": lambda x, k: x.add(x, alpha=k + 2),
    "leaky_relu": lambda x, k: torch.nn.functional.leaky_relu(x, 0.1 * k),
    "scatter": lambda x, k: x.scatter(0, torch.tensor([[k, 0, 0, 0]]), 1.5 * k),
    "index_fill": lambda x, k: x.index_fill(0, torch.tensor([k]), float(k)),
}


@pytest.mark.parametrize("name", CHANGING)
def test_numbers_that_change_from_call_to_call_are_data(name):
    x = torch.from_numpy(np.arange(16, dtype=np.float32).reshape(4, 4))
    programs = []
    for k in range(3):
        CHANGING[name](x, k).sum().item()
        programs.append(stats.programs)
    assert programs[1] == programs[2], "a program for each number: make it an operand of the operator"


@pytest.mark.parametrize(
    "index, taken",
    [
        (np.array(3), 3),
        (np.array(2.7), 2),
        ([1.0, 2.7], [1, 2]),
        (np.array([1.9, 2.0], np.float16), [1, 2]),
        ([-1.5, -0.5], [9, 0]),
        ((None, np.array([0.0])), [[0]]),
        (np.zeros(0), []),
    ],
)
def test_a_sequence_of_numbers_as_an_index_is_cut_off_to_integers(index, taken):
    assert torch.arange(10)[index].tolist() == taken
    x = torch.arange(10)
    x[index] = torch.tensor(taken) + 10
    assert x[index].tolist() == (torch.tensor(taken) + 10).tolist()


@pytest.mark.parametrize(
    "index, error, text",
    [
        (torch.tensor, IndexError, "tensors used as indices must be long"),
        (lambda x: [float("nan")], RuntimeError, "value cannot be converted to type int64 without overflow"),
        (lambda x: [1e20], RuntimeError, "value cannot be converted to type int64 without overflow"),
        (lambda x: np.float64(1), IndexError, r"\(got numpy.float64\)"),
        (lambda x: ["a"], TypeError, r"new\(\): invalid data type 'str'"),
        (lambda x: [1j], TypeError, "'complex' object cannot be interpreted as an integer"),
    ],
)
def test_other_indices_are_refused(index, error, text):
    with pytest.raises(error, match=text):
        torch.ones(3)[index([1.0])]


@pytest.mark.parametrize(
    "made, node",
    [
        (lambda x: x[:, :3].reshape(2, 2, 3), "ReshapeAliasBackward0"),
        (lambda x: x.t().reshape(2, 3, 4), "ReshapeAliasBackward0"),
        (lambda x: x[None, :, :3].flatten(0, 1), "ReshapeAliasBackward0"),
        (lambda x: x[:, :3].view(2, 2, 3), "ViewBackward0"),
        (lambda x: x[:, :3].reshape(12), "UnsafeViewBackward0"),
        (lambda x: x.reshape(24), "ViewBackward0"),
    ],
)
def test_reshape_shows_how_it_keeps_the_memory(made, node):
    assert made(torch.ones(4, 6, requires_grad=True)).grad_fn.name() == node
