"""The operator table beside the real PyTorch: other dtypes, promotion, and the texts of errors."""

import itertools

import numpy as np
import pytest
import torch as real

import funcgrad.torch as shim
from funcgrad.tolerances import tolerance

pytestmark = pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0")
DTYPES = ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")
SHAPES = (((3,), (3,)), ((3,), ()), ((), (3,)))
BINARY = ("add", "sub", "mul", "div", "floor_divide", "remainder", "pow", "maximum", "eq", "lt", "where", "atan2")
UNARY = (
    *("exp", "log", "sqrt", "rsqrt", "sin", "tanh", "sigmoid", "relu", "abs", "neg", "sign", "square", "floor"),
    *("round", "erf", "reciprocal", "sum", "prod", "mean", "std", "amax", "max", "argmax", "norm"),
)
OF_ROWS = ("softmax", "cumsum", "sort", "max", "sum", "logsumexp", "argmin")


def attempt(torch, call):
    """What a call gives, or the error as (type, first line)."""
    try:
        return call(torch)
    except Exception as error:  # whatever it is, it is compared
        return type(error).__name__, str(error).splitlines()[0]


def assert_all_equal(calls, kind="value"):
    """Results of all calls are made first and looked at together, so that they are one program of the shim."""
    ours, theirs = ([attempt(torch, call) for call in calls.values()] for torch in (shim, real))
    for label, a, b in zip(calls, ours, theirs, strict=True):
        for x, y in zip(tensors(a), tensors(b), strict=True):
            assert type(x).__name__ == type(y).__name__, (label, a, b)
            if not isinstance(y, real.Tensor):
                assert x == y, label
                continue
            assert (tuple(x.shape), str(x.dtype)) == (tuple(y.shape), str(y.dtype)), label
            bound = tolerance(str(y.dtype).removeprefix("torch."), kind)
            np.testing.assert_allclose(x.tolist(), y.tolist(), **bound, err_msg=str(label))


def tensors(result):
    return result if isinstance(result, tuple) else (result,)


def operand(torch, dtype, shape):
    """Small positive numbers that every dtype holds."""
    values = np.arange(1, 1 + int(np.prod(shape))).reshape(shape) % 3 + 1
    return torch.tensor(values.tolist()).to(getattr(torch, dtype))


def binary(name, a, b):
    def call(torch):
        x, y = operand(torch, *a), operand(torch, *b)
        return torch.where(torch.tensor([True, False, True]), x, y) if name == "where" else getattr(torch, name)(x, y)

    return call


EVERY_SHAPE = ("add", "div", "pow", "where")
"""One operator of each rule of promotion; the others meet each pair of dtypes in one of the shapes, in turn."""


@pytest.mark.parametrize("name", BINARY)
def test_two_dtypes_meet_as_in_pytorch(name):
    pairs, turn = list(itertools.product(DTYPES, repeat=2)), BINARY.index(name)
    shapes = [SHAPES if name in EVERY_SHAPE else SHAPES[(k + turn) % 3 :][:1] for k in range(len(pairs))]
    meetings = [((a, m), (b, n)) for (a, b), those in zip(pairs, shapes, strict=True) for m, n in those]
    assert_all_equal({meeting: binary(name, *meeting) for meeting in meetings})


@pytest.mark.parametrize("name", [name for name in BINARY if name not in ("where", "atan2", "maximum")])
def test_numbers_lift_the_category_only(name):
    assert_all_equal(
        {
            (dtype, number): lambda t, d=dtype, n=number: getattr(t, name)(operand(t, d, (3,)), n)
            for dtype, number in itertools.product(DTYPES, (True, 2, 1.5))
        }
    )


@pytest.mark.parametrize("name", UNARY)
def test_every_dtype_gives_pytorchs(name):
    assert_all_equal(
        {
            (dtype, shape): lambda t, d=dtype, s=shape: getattr(t, name)(operand(t, d, s))
            for dtype, shape in itertools.product(DTYPES, ((4,), (2, 3), ()))
        }
    )


@pytest.mark.parametrize("name", OF_ROWS)
def test_every_dtype_along_a_dimension(name):
    assert_all_equal(
        {dtype: lambda t, d=dtype: tuple_of(getattr(t, name)(operand(t, d, (2, 3)), 1)) for dtype in DTYPES}
    )


def tuple_of(result):
    return tuple(result) if isinstance(result, tuple) else result


@pytest.mark.parametrize("source, target", list(itertools.product(("float64", "float32", "int64", "bool"), DTYPES)))
def test_casts_truncate_and_wrap(source, target):
    def cast(torch):
        values = [2.9, -2.9, 300.0, 0.0, 1.0] if source.startswith("float") else [2, 0, 300, -1, 1]
        return torch.tensor(values).to(getattr(torch, source)).to(getattr(torch, target))

    assert_all_equal({"cast": cast})


# Calls that fail, in the words of both.
WRONG = """
t.ones(3) + t.ones(2)
t.ones(3).add_(t.ones(2, 3))
t.arange(3).add_(1.5)
t.ones(3)[5]
t.ones(3)[t.tensor([5])]
t.ones(3)[0, 0]
t.ones(3)[::-1]
t.ones(3)[1.5]
t.ones(3)[t.tensor([True, False])]
t.ones(3)[t.tensor(1.0)]
t.tensor(1.0)[0]
t.ones(3).view(2)
t.ones(3, 2).t().view(-1)
t.ones(3).expand(2)
t.ones(2, 3).expand(3)
t.cat([t.ones(2), t.ones(2, 2)])
t.cat([t.ones(2, 2), t.ones(2, 3)])
t.cat([])
t.cat([1, 2])
t.stack([t.ones(2), t.ones(3)])
t.stack([t.ones(2), 1])
t.ones(3).sum(1)
t.ones(2, 2).sum((0, 0))
t.ones(3).mean(dim=3)
t.ones(3).squeeze(4)
t.ones(3).unsqueeze(3)
t.ones(3).transpose(0, 1)
t.ones(2, 3).permute(0)
t.ones(2, 3).permute(0, 1, 2)
t.ones(2, 3).permute(0, 0)
t.ones(3).reshape(2, 2)
t.ones(5).split(0)
t.ones(5).split([2, 2])
t.ones(5).chunk(0)
t.tensor([[1], [1, 2]])
t.tensor("a")
t.tensor(None)
t.tensor([1, [2]])
t.ones(3) + "a"
"a" + t.ones(3)
t.ones(3) < "a"
t.ones(3) + None
t.exp(1)
t.exp([1.0])
t.sum([1.0, 2.0])
t.mm(t.ones(2, 3), 1)
t.mm(t.ones(2, 3), t.ones(2, 3))
t.mm(t.ones(2, 3), t.ones(3, 2).double())
t.ones(2, 3) @ t.ones(2)
t.ones(3) @ t.ones(2)
t.ones(3) @ t.ones(3).double()
t.ones(2, 3) @ t.ones(3).double()
t.ones(2, 2, 3) @ t.ones(2, 2, 2)
t.ones(2, 2, 3) @ t.ones(3, 3, 2)
t.ones(2, 2, 3) @ t.ones(2, 2)
t.ones(2, 2).bool() @ t.ones(2, 2).bool()
t.bmm(t.ones(2, 2, 3), t.ones(2, 3))
t.dot(t.ones(3, 1), t.ones(3))
t.outer(t.ones(3, 1), t.ones(3))
t.addmm(t.ones(2), t.ones(2, 3), t.ones(3, 2).double())
t.nn.functional.linear(t.ones(2, 3), t.ones(2, 3), t.ones(2).double())
t.max(t.ones(0))
t.zeros("a")
t.zeros(2.5)
t.zeros(2, 2.5)
t.zeros((2, 2.5))
t.ones((2.5, 2))
t.full((2.5,), 1)
t.rand(2.5)
t.randn(2, 3, 2.5)
t.nn.Linear(4 / 2, 2)
t.nn.Linear(4, 4 / 2)
t.nn.Embedding(3.0, 2)
t.nn.Conv2d(1, 4 / 2, 3)
t.rand(2, dtype=t.int64)
t.rand_like(t.ones(2).long())
t.randn(2, dtype=t.int32)
t.randn_like(t.ones(2).bool())
t.normal(0.0, 1.0, (2,), dtype=t.int64)
t.ones(2, dtype=t.uint8).uniform_()
t.ones(2, dtype=t.int64).normal_()
t.ones(2, dtype=t.int64).exponential_()
t.ones(2, dtype=t.int64).log_normal_()
t.bernoulli(t.tensor([2.0]))
t.ones(3)["a"]
t.nn.Linear(1, 1).to(t.int32)
t.nn.Linear(1, 1).type(t.int32)
setattr(t.ones(2, requires_grad=True), "data", t.ones(2).int())
setattr(t.ones(2, requires_grad=True), "data", 2.0)
t.nn.functional.gelu(t.ones(3), approximate="none at all")
t.nn.functional.nll_loss(t.ones(4, 3), t.zeros(4).int())
t.nn.functional.nll_loss(t.ones(4, 3), t.zeros(4, 3).long())
t.nn.functional.nll_loss(t.ones(4, 3), t.zeros(4))
t.nn.functional.nll_loss(t.ones(4, 3), t.tensor(0))
t.nn.functional.nll_loss(t.ones(3), t.zeros(3).long())
t.nn.functional.nll_loss(t.tensor(1.0), t.tensor(0))
t.nn.functional.nll_loss(t.ones(2, 3, 4), t.zeros(2).long())
t.nn.functional.nll_loss(t.ones(2, 3, 4, 4), t.zeros(2, 4).long())
t.nn.functional.nll_loss(t.ones(2, 3, 4, 4), t.zeros(2, 5, 4).long())
t.nn.functional.nll_loss(t.ones(2, 3, 4, 4), t.zeros(2, 5, 4))
t.nn.functional.cross_entropy(t.ones(4, 3), t.zeros(4, 1).long())
t.nn.functional.cross_entropy(t.ones(4, 3), t.zeros(4, 2))
t.nn.functional.cross_entropy(t.ones(4, 3), t.zeros(4, 3).long())
t.nn.functional.cross_entropy(t.ones(4, 3), t.zeros(4).short())
t.ones(-1)
t.eye(-1)
t.linspace(0, 1, -1)
t.ones(3).item()
float(t.ones(3))
int(t.ones(2))
bool(t.ones(3))
bool(t.ones(0))
len(t.tensor(1))
list(t.tensor(1.0))
t.ones(3).gather(0, t.tensor([7]))
t.ones(3).gather(0, t.tensor([1.0]))
t.ones(2, 3).scatter(0, t.zeros(1, 3), 1.0)
t.ones(2, 3).scatter(0, t.tensor(2), 1.0)
t.ones(2, 3).scatter(0, t.tensor([[1, 0, 0, 0]]), 1.0)
t.ones(2, 3).scatter(0, t.tensor([[1, 0, 0]]), t.ones(1, 2))
t.ones(2, 3).scatter(0, t.tensor([[1]]), t.tensor(2.0))
t.ones(3).scatter(0, t.tensor([1, 2]), t.tensor(2.0))
t.ones(3).scatter_add(0, t.tensor([1, 2]), t.ones(1))
t.ones(2, 3).gather(0, t.tensor([1]))
t.ones(2, 3).gather(0, t.tensor([[1, 0, 0, 0]]))
t.ones(3).take_along_dim(t.tensor(2), 0)
t.ones(2, 3).scatter(0, t.zeros(1, 3).long(), t.ones(1, 3).double())
t.index_select(t.ones(3), 0, t.tensor([1.0]))
t.index_select(t.ones(3), 0, t.tensor([[1]]))
t.ones(3).masked_fill(t.ones(3), 0)
t.ones(3).masked_fill(t.ones(2).bool(), 0)
t.clamp(t.ones(2))
t.softmax(t.ones(2), 3)
t.ones(2).copy_(t.ones(3))
t.ones(2).copy_(t.ones(2, 2))
t.from_numpy([1])
t.arange(3).mean()
t.arange(3).std()
t.arange(3) ** -1
t.arange(3) // 0
t.arange(3) % 0
t.ones(3, dtype=t.bool) - t.ones(3, dtype=t.bool)
1 - t.ones(3, dtype=t.bool)
-t.ones(3, dtype=t.bool)
~t.ones(3)
t.ones(3) & t.ones(3)
t.where(t.ones(2), 1, 2)
t.triu(t.ones(3))
t.diag(t.ones(2, 2, 2))
t.ones(2, 2).diagonal(0, 0, 0)
t.ones(3).unfold(0, 4, 1)
t.ones(3).topk(5)
t.ones(3).sort(2)
t.ones(3).kthvalue(0)
t.ones(3).cumsum()
t.ones(3).cumsum(2)
t.ones(3).narrow(0, 2, 2)
t.ones(3).select(0, 3)
t.einsum("ij", t.ones(3))
t.einsum("i,j->k", t.ones(3), t.ones(3))
t.einsum("ij,jk", t.ones(3, 2), t.ones(3, 2))
t.isclose(t.ones(2), t.ones(2).double())
t.ones(3).foo
t.ones(1, requires_grad=True).numpy()
t.ones(2, device="cuda")
t.arange(0, 3, 0)
t.arange(0, -1)
t.ones(2).norm(dim=3)
t.bincount(t.tensor([-1]))
t.nn.functional.one_hot(t.tensor([3]), 2)
t.add(t.ones(2, dtype=t.int64), t.ones(2, dtype=t.int64), alpha=0.5)
t.div(t.ones(2), 2, rounding_mode="up")
""".strip().splitlines()


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_call_fails_in_pytorchs_words(text):
    ours, theirs = (attempt(torch, lambda t: eval(text, {"t": t})) for torch in (shim, real))
    assert isinstance(theirs, tuple), f"PyTorch allows {text}"
    assert ours == theirs


def test_setting_too_much_fails_in_pytorchs_words():
    def assign(torch, index, value):
        torch.ones(2, 3)[index] = value(torch)

    for index, value in ((0, lambda t: t.ones(2)), ([0, 1], lambda t: t.ones(2)), (0, lambda t: [1.0, 2.0, 3.0])):
        ours, theirs = (attempt(torch, lambda t, i=index, v=value: assign(t, i, v)) for torch in (shim, real))
        assert ours == theirs
