"""`out=` beside the real PyTorch: what is cast into it, what is refused, what it is resized with, in PyTorch's words."""

import warnings

import numpy as np
import pytest
import torch as real

import funcgrad.torch as shim

pytestmark = pytest.mark.usefixtures("eager")

DTYPES = ("float32", "float64", "bfloat16", "int64", "int32", "uint8", "bool", "complex64")
CALLS = {
    "add": lambda t, x, out: t.add(x, x, out=out),
    "div": lambda t, x, out: t.div(x, x, out=out),
    "exp": lambda t, x, out: t.exp(x, out=out),
    "neg": lambda t, x, out: t.neg(x, out=out),
    "floor": lambda t, x, out: t.floor(x, out=out),
    "clamp": lambda t, x, out: t.clamp(x, 2, 3, out=out),
    "eq": lambda t, x, out: t.eq(x, x, out=out),
    "logical_not": lambda t, x, out: t.logical_not(x, out=out),
    "sum": lambda t, x, out: t.sum(x, 0, out=out),
    "sum in float64": lambda t, x, out: t.sum(x, 0, dtype=t.float64, out=out),
    "prod": lambda t, x, out: t.prod(x, 0, out=out),
    "mean": lambda t, x, out: t.mean(x, 0, out=out),
    "std": lambda t, x, out: t.std(x, 0, keepdim=True, out=out),
    "amax": lambda t, x, out: t.amax(x, 0, out=out),
    "argmax": lambda t, x, out: t.argmax(x, 0, out=out),
    "any": lambda t, x, out: t.any(x, 0, out=out),
    "norm": lambda t, x, out: t.norm(x, dim=0, out=out),
    "mm": lambda t, x, out: t.mm(x, x, out=out),
    "dot": lambda t, x, out: t.dot(x[0], x[0], out=out),
    "cat": lambda t, x, out: t.cat([x, x], out=out),
    "stack": lambda t, x, out: t.stack([x, x], out=out),
    "where": lambda t, x, out: t.where(x == 1, x, x, out=out),
    "gather": lambda t, x, out: t.gather(x, 0, t.tensor([[0, 1]]), out=out),
    "index_select": lambda t, x, out: t.index_select(x, 0, t.tensor([0]), out=out),
    "masked_select": lambda t, x, out: t.masked_select(x, x == 1, out=out),
    "take": lambda t, x, out: t.take(x, t.tensor([0]), out=out),
    "softmax": lambda t, x, out: t.softmax(x, 0, out=out),
    "sort": lambda t, x, out: t.sort(x, 0, out=(out, t.zeros(0, dtype=t.int64)))[0],
    "max": lambda t, x, out: t.max(x, 0, out=(out, t.zeros(0, dtype=t.int64)))[0],
    "nonzero": lambda t, x, out: t.nonzero(x, out=out),
    "inv": lambda t, x, out: t.linalg.inv(x, out=out),
    "fft": lambda t, x, out: t.fft.fft(x, out=out),
    "multinomial": lambda t, x, out: t.multinomial(x, 1, out=out) * 0,
    "zeros": lambda t, x, out: t.zeros(2, out=out),
    "ones of a dtype": lambda t, x, out: t.ones(2, dtype=x.dtype, out=out),
    "linspace": lambda t, x, out: t.linspace(0, 3, 4, out=out),
}
REFUSED_INPUTS = {"int64": ("mean", "std", "norm", "softmax", "inv", "multinomial"), "float32": ()}
UNLIKE = {"linspace": ("bool",), "std": ("complex64",)}  # kernels that PyTorch lacks for the dtype of out


def outcome(torch, name, given, wanted, shape=(0,)):
    """Dtype, values and warnings of a call, or its error."""
    x = torch.tensor([[1, 2], [3, 4]]).to(getattr(torch, given))
    out = torch.zeros(shape, dtype=getattr(torch, wanted))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = CALLS[name](torch, x, out)
        except (RuntimeError, TypeError, NotImplementedError) as error:
            return type(error).__name__, str(error).splitlines()[0]
    said = [str(w.message).partition(" (Triggered")[0] for w in caught]
    return str(result.dtype), np.asarray(result.to(torch.complex128).tolist()), said


def same(theirs, ours):
    if len(theirs) == len(ours) == 3:
        return theirs[::2] == ours[::2] and np.allclose(theirs[1], ours[1], rtol=1e-6)
    return theirs == ours


@pytest.mark.parametrize("given", REFUSED_INPUTS)
@pytest.mark.parametrize("name", CALLS)
def test_what_a_result_is_cast_to(name, given):
    if name in REFUSED_INPUTS[given]:
        pytest.skip("PyTorch refuses the input")
    for wanted in DTYPES:
        if wanted not in UNLIKE.get(name, ()):
            theirs, ours = (outcome(torch, name, given, wanted) for torch in (real, shim))
            assert same(theirs, ours), (wanted, theirs, ours)


@pytest.mark.parametrize("shape", [(2, 2), (5,), (2,), (), (4, 2), (1, 2)])
@pytest.mark.parametrize("name", ["add", "sum", "mm", "cat", "gather", "zeros", "linspace"])
def test_what_is_resized_with_a_warning(name, shape):
    theirs, ours = (outcome(torch, name, "float32", "float32", shape) for torch in (real, shim))
    assert same(theirs, ours), (theirs, ours)


def test_arange_keeps_a_shape_of_its_length():
    for shape in [(2, 2), (5,)]:
        found = []
        for torch in (real, shim):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                made = torch.arange(4, out=torch.zeros(shape))
            found.append((made.tolist(), [str(w.message).partition(" (Triggered")[0] for w in caught]))
        assert found[0] == found[1]


def errors(torch):
    w, meta = torch.ones(2, 2, requires_grad=True), torch.ones(2, 2, device="meta")
    calls = (
        lambda: torch.add(torch.ones(2, 2), 1, out=w),
        lambda: torch.mm(w, w, out=torch.ones(2, 2)),
        lambda: torch.cat([w, w], out=torch.ones(4, 2)),
        lambda: torch.zeros(2, 2, out=w),
        lambda: torch.add(torch.ones(2), 1, out=[torch.ones(2)]),
        lambda: torch.add(torch.ones(2, 2), 1, out=meta),
        lambda: torch.add(meta, 1, out=torch.ones(2, 2)),
    )
    for call in calls:
        with pytest.raises((RuntimeError, TypeError)) as caught:
            call()
        yield type(caught.value), str(caught.value).splitlines()[0]


def test_a_graph_or_another_device_is_refused():
    assert list(errors(shim)) == list(errors(real))
    for torch in (real, shim):
        w = torch.ones(2, requires_grad=True)
        with torch.no_grad():
            assert torch.add(w, 1, out=torch.zeros(2)).tolist() == [2.0, 2.0]
        assert torch.eq(w, 1, out=torch.zeros(2, dtype=torch.bool)).tolist() == [True, True]


def test_what_is_given_beside_out_and_other_spellings_counts():
    x = [[3.0, 1.0], [2.0, 5.0]]
    for torch in (real, shim):
        y = torch.tensor(x)
        assert torch.std(y, axis=0, keepdim=True).shape == (1, 2)
        assert torch.max(y, axis=0, keepdim=True).values.tolist() == [[3.0, 5.0]]
        assert torch.argmax(y, axis=0, keepdim=True).tolist() == [[0, 1]]
        assert torch.sort(y, 0, out=(torch.zeros(0), torch.zeros(0, dtype=torch.int64))).values[0].tolist() == [
            2.0,
            1.0,
        ]
