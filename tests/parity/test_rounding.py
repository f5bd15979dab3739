"""Numbers of 16 bits beside the real PyTorch: its kernels round at the same places, so the bits are the same."""

import pytest
import torch as real

import funcgrad.torch as shim

pytestmark = pytest.mark.usefixtures("eager")

SHAPES = [(6, 50), (4, 7), (3, 5, 1), (2, 9, 3)]


def over_classes(torch, name, dtype, shape, dim):
    torch.manual_seed(1)
    x = (torch.randn(shape) * 3).to(getattr(torch, dtype))
    return getattr(torch, name)(x, dim).float().tolist()


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_over_classes(name, dtype):
    for shape in SHAPES:
        for dim in range(len(shape)):
            given = name, dtype, shape, dim
            assert over_classes(shim, *given) == over_classes(real, *given), given


CONVOLUTIONS = {
    "two dimensions": lambda t, x, w, b: t.nn.functional.conv2d(x, w, b, padding=1),
    "without bias": lambda t, x, w, b: t.nn.functional.conv2d(x, w),
    "one element": lambda t, x, w, b: t.nn.functional.conv2d(x, w[:, :, :1, :1], b),
    "depthwise": lambda t, x, w, b: t.nn.functional.conv2d(x, w[:3, :1], b[:3], groups=3),
    "three dimensions": lambda t, x, w, b: t.nn.functional.conv3d(x[None], w[:, :2, None], b),
}


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions(name, dtype):
    found = []
    for torch in (real, shim):
        torch.manual_seed(2)
        x, w, b = (torch.randn(shape).to(getattr(torch, dtype)) for shape in [(2, 3, 6, 6), (4, 3, 3, 3), (4,)])
        found.append(CONVOLUTIONS[name](torch, x, w, b).float().flatten().tolist())
    assert found[0] == found[1]


def assert_nearly_all_are_the_same(of_real, of_shim):
    """All but a few numbers, which the order of a sum in float32 takes over a boundary."""
    assert sum(x != y for x, y in zip(of_real, of_shim, strict=True)) <= len(of_real) / 200


BROADCASTS = {
    "rows": lambda t, x, c: x + c(50),
    "columns": lambda t, x, c: x * c(400, 1),
    "expanded": lambda t, x, c: c(50).expand(400, 50),
    "power of 2": lambda t, x, c: t.exp2(x + c(50)),
    "reciprocal root": lambda t, x, c: t.rsqrt(x.abs() + c(400, 1) + 1),
    "root mean square": lambda t, x, c: t.nn.functional.rms_norm(x, (50,), c(50)),
}


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("name", BROADCASTS)
def test_gradients_of_what_is_broadcast(name, dtype):
    found = []
    for torch in (real, shim):
        torch.manual_seed(4)
        x, given = torch.randn(400, 50).to(getattr(torch, dtype)), []

        def c(*shape, torch=torch, given=given):
            given.append(torch.randn(shape).abs().to(getattr(torch, dtype)).requires_grad_())
            return given[-1]

        y = BROADCASTS[name](torch, x, c)
        y.backward(torch.randn(y.shape).to(y.dtype))
        found.append([t.detach().float().flatten().tolist() for t in (y, given[0].grad)])
    for of_real, of_shim in zip(*found, strict=True):
        assert_nearly_all_are_the_same(of_real, of_shim)


ATTENTION = {
    "fused": lambda t, q, k, v: t.nn.functional.scaled_dot_product_attention(q, k, v),
    "causal": lambda t, q, k, v: t.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.3),
    "masked": lambda t, q, k, v: t.nn.functional.scaled_dot_product_attention(q, k, v, t.ones(40, 40).tril(5).bool()),
    "biased": lambda t, q, k, v: t.nn.functional.scaled_dot_product_attention(q, k, v, t.ones(40, 40).tril()),
    "dropped": lambda t, q, k, v: t.nn.functional.scaled_dot_product_attention(q, k, v, dropout_p=0.3),
    "three dimensions": lambda t, q, k, v: t.nn.functional.scaled_dot_product_attention(q[0], k[0], v[0]),
}


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("name", ATTENTION)
def test_attention(name, dtype):
    found = []
    for torch in (real, shim):
        torch.manual_seed(2)
        q, k, v = (torch.randn(2, 3, 40, 12).to(getattr(torch, dtype)).requires_grad_() for _ in range(3))
        mixed = ATTENTION[name](torch, q, k, v)
        mixed.backward(torch.randn(mixed.shape).to(mixed.dtype))
        found.append([x for t in (mixed, q.grad, k.grad, v.grad) for x in t.detach().float().flatten().tolist()])
    assert_nearly_all_are_the_same(*found)


SMALL = [(2, 3, 4, 5), (16, 1, 2, 1), (2, 1, 300, 1), (4, 2, 10, 10), (8, 7, 8, 7), (3, 40, 3, 3)]


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SMALL)
def test_small_products_of_many_matrices(shape, dtype):
    batch, rows, inner, columns = shape

    def found(torch):
        torch.manual_seed(3)
        x = torch.randn(batch, rows, inner, dtype=getattr(torch, dtype), requires_grad=True)
        y = torch.randn(batch, columns, inner, dtype=getattr(torch, dtype)).requires_grad_()
        product = torch.bmm(x, y.mT)
        product.backward(torch.randn(product.shape, dtype=product.dtype))
        return [t.tolist() for t in (product, x.grad, y.grad, torch.einsum("bik,bjk->bij", x, y))]

    assert found(shim) == found(real)
