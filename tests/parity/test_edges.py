"""Norms without variance, pools into no pieces, means of integers, casts of what does not fit, beside PyTorch.

Special functions where they end, whole numbers that are joined at a place, and second gradients too.
"""

import pytest
import torch as real
from scenarios import error

import funcgrad.torch as shim

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:index_reduce", "ignore:.*torch.scatter"),
]


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


def ends(torch):
    nan, inf = float("nan"), float("inf")
    x = torch.tensor([0.0, -0.0, -2.0, -0.5, 1.5, -3.7, inf, -inf, nan], dtype=torch.float64)
    for n in (2, 3):
        yield [f"{v:.9g}" for v in torch.polygamma(n, x).tolist()]
    yield str(torch.erfinv(x[:2]))
    yield str(torch.special.i1(x[:2])), str(torch.special.i1e(x[:2]))
    x = x[:-1]
    for order in (x, torch.full_like(x, inf), torch.full_like(x, 2.0)):
        for place in (x, torch.full_like(x, inf), torch.full_like(x, 2.0)):
            for found in (torch.igamma(order, place), torch.igammac(order, place)):
                yield [f"{v:.9g}" for v in found.tolist()]
    yield torch.special.zeta(x[4:5], x[6:7]).isnan().item()


def joined(torch):
    index = torch.tensor([0, 0, 2])
    for dtype in (torch.int8, torch.int32, torch.int64, torch.bool):
        x, source = torch.tensor([-5, 3, -7, 2]).to(dtype), torch.tensor([0, 1, 0]).to(dtype)
        for reduce in ("amax", "amin", "sum", "prod", *(() if dtype == torch.bool else ("mean",))):
            for includes in (True, False):
                yield str(x.scatter_reduce(0, index, source, reduce, include_self=includes))
                if dtype != torch.bool and reduce != "sum":
                    yield str(x.index_reduce(0, index, source, reduce, include_self=includes))
        for added in (x.scatter_add(0, index, source), x.put(index, source, True), x.index_add(0, index, source)):
            yield str(added)
        yield str(x.index_put((index,), source, accumulate=True)), str(x.index_add(0, index, source, alpha=False))
        yield [str(x.scatter(0, index, source, reduce=reduce)) for reduce in ("add", "multiply")]


def products(torch):
    """Gradients of products with and without zeros at a place, and gradients of these."""
    index, weights = torch.tensor([0, 0, 1, 1, 2]), torch.arange(1.0, 9, dtype=torch.float64)
    for numbers in ([2, 3, 4, 4, 5, 6, 7, 8], [0, 3, 4, 4, 0, 6, 7, 0], [2, 0, 4, 4, 3, 0, 7, 8]):
        for includes in (True, False):
            x = torch.tensor(numbers, dtype=torch.float64, requires_grad=True)
            y = x[:3].scatter_reduce(0, index, x[3:], "prod", include_self=includes)
            yield from _twice(torch, y, x, weights)


def pseudo_inverses(torch):
    a = torch.tensor([[2, 1, 0.5], [0, 3, 1], [1, 1, 1], [0.3, 0, 2]], dtype=torch.float64, requires_grad=True)
    weights = torch.arange(12.0, dtype=torch.float64).reshape(4, 3)
    yield from _twice(torch, torch.linalg.pinv(a).sin(), a, weights)
    yield from _twice(torch, torch.linalg.lstsq(a, weights[:, 1:]).solution.sin(), a, weights)


def complex_norms(torch):
    for p in (1, 2, 2.5, float("inf")):
        z = torch.tensor([1 + 2j, -0.5 + 0.3j, 2 - 0.7j], dtype=torch.complex128, requires_grad=True)
        norm, weights = torch.linalg.vector_norm(z, p), torch.tensor([1, 2 + 1j, 3j])
        yield from _twice(torch, norm, z, weights, torch.view_as_real)


def _twice(torch, y, x, weights, parts=lambda x: x):
    (first,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(parts(first * weights).sum(), x)
    for found in (parts(first.detach()), parts(second)):
        yield [f"{v + 0.0:.6f}" for v in (found.round(decimals=8) + 0).flatten().tolist()]


@pytest.mark.parametrize("cases", [ends, joined, products, pseudo_inverses, complex_norms])
@pytest.mark.usefixtures("interpreted")
def test_numbers_on_the_host(cases):
    assert list(cases(shim)) == list(cases(real))


@pytest.mark.parametrize("cases", [casts, signs, ends, joined, products, pseudo_inverses, complex_norms])
def test_numbers_of_programs(cases):
    assert list(cases(shim)) == list(cases(real))


def test_edges():
    assert list(edges(shim)) == list(edges(real))
    assert list(refusals(shim)) == list(refusals(real))
