"""Norms without variance, pools into no pieces, means of integers, casts of what does not fit, beside PyTorch."""

import pytest
import torch as real
from scenarios import error

import funcgrad.torch as shim

pytestmark = pytest.mark.usefixtures("eager")


def edges(torch):
    f = torch.nn.functional
    x = torch.tensor([[[1.0, 2, 3], [4, 4, 4]]], requires_grad=True)
    y = f.instance_norm(x, eps=0.0)
    yield [[round(v, 5) for v in row] for row in y[0].tolist()]
    (y * y).sum().backward()
    yield x.grad[0, 1].tolist()
    for name in ("avg", "max"):
        for n in (1, 2, 3):
            pool, given = getattr(f, f"adaptive_{name}_pool{n}d"), torch.ones(*[1, 2, 4, 4, 4][: n + 2])
            yield [tuple(pool(given, size).shape) for size in (0, (0,) * n, (*(2,) * (n - 1), 0), (0, *(2,) * (n - 1)))]
    yield [tuple(made.shape) for made in f.adaptive_max_pool2d(torch.ones(1, 2, 4, 4), (0, 2), return_indices=True)]
    whole = torch.tensor([[1, 2], [3, 4]])
    yield torch.nansum(whole).dtype.itemsize, torch.nansum(whole, 1).tolist()


def refusals(torch):
    whole = torch.tensor([[1, 2], [3, 4]])
    yield error(lambda: torch.nanmean(whole))
    yield error(lambda: torch.nanmean(whole > 0, 1, dtype=torch.float32))
    yield error(lambda: torch.nanmean(whole.float(), dtype=torch.int32))


def casts(torch):
    nan, inf = float("nan"), float("inf")
    for given in (torch.float64, torch.float32, torch.bfloat16, torch.float16):
        x = torch.tensor([3e9, -3e9, 2**31, -(2**31) - 1, 7e4, -7e4, 300.7, -300.7, 1e20, 2**32 + 300, nan, inf, -inf])
        for dtype in (torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8):
            yield x.to(given).to(dtype).tolist()
            yield x.to(given)[:1].to(dtype).item()


def signs(torch):
    x = torch.tensor([float("nan"), -0.0, 0.0, 2.0, -3.0])
    for made in (x, x.half(), x[2:].int(), x[2:4].to(torch.uint8), x > 0):
        yield str(made.sign()), str(made.sgn())


@pytest.mark.parametrize("cases", [casts, signs])
def test_numbers_that_are_none(cases):
    assert list(cases(shim)) == list(cases(real))


def test_edges():
    assert list(edges(shim)) == list(edges(real))
    assert list(refusals(shim)) == list(refusals(real))
