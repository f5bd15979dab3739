"""Numbers of 16 bits: a kernel of PyTorch's computes in float32 and rounds once, checked against just that.

In PyTorch 2.13 on a CPU all of these agree with the rounded float32 result in every element.
"""

import chex
import pytest

import funcgrad.torch as torch
from funcgrad.torch.nn import functional as F

KERNELS = {
    "linear": lambda x, y: F.linear(x, y, x[:, 0]),
    "addmm": lambda x, y: torch.addmm(x[:, :6], x, y.T, beta=-4.5, alpha=2),
    "baddbmm": lambda x, y: torch.baddbmm(x[None, :, :6], x[None], y.T[None]),
    "sum": lambda x, y: x.sum(1),
    "mean": lambda x, y: x.mean(0),
    "cumsum": lambda x, y: x.cumsum(1),
    "var": lambda x, y: x.var(1),
    "std": lambda x, y: x.std(1),
    "norm": lambda x, y: x.norm(dim=1),
    "softmax": lambda x, y: x.softmax(1),
    "sigmoid": lambda x, y: x.sigmoid(),
    "gelu": lambda x, y: F.gelu(x),
    "gelu of tanh": lambda x, y: F.gelu(x, approximate="tanh"),
    "silu": lambda x, y: F.silu(x),
    "mish": lambda x, y: F.mish(x),
    "softplus": lambda x, y: F.softplus(x),
    "selu": lambda x, y: F.selu(x),
    "glu": lambda x, y: F.glu(x),
    "logsigmoid": lambda x, y: F.logsigmoid(x),
    "hardswish": lambda x, y: F.hardswish(x),
    "lerp": lambda x, y: torch.lerp(x, y, 0.3),
    "addcmul": lambda x, y: torch.addcmul(x, x, y, value=0.3),
    "addcdiv": lambda x, y: torch.addcdiv(x, x, y, value=0.3),
    "logaddexp": lambda x, y: torch.logaddexp(x, y),
    "exp2": lambda x, y: torch.exp2(x),
}


def halves(dtype):
    torch.manual_seed(0)
    return [torch.randn(6, 10).to(dtype) for _ in range(2)]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_rounds_once(name, dtype):
    operands = halves(dtype)
    result, exact = KERNELS[name](*operands), KERNELS[name](*(x.float() for x in operands))
    assert result.dtype == dtype
    chex.assert_trees_all_equal(result.float().numpy(), exact.to(dtype).float().numpy())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_gradients_of_a_linear_layer_round_once(dtype):
    (x, w), b = [t.requires_grad_() for t in halves(dtype)], torch.zeros(6, dtype=dtype, requires_grad=True)
    g = torch.linspace(-1, 1, 36).reshape(6, 6).to(dtype)
    F.linear(x, w, b).backward(g)
    wide = [g.float() @ w.detach().float(), g.float().T @ x.detach().float(), g.float().sum(0)]
    for got, exact in zip((x.grad, w.grad, b.grad), wide, strict=True):
        chex.assert_trees_all_equal(got.float().numpy(), exact.to(dtype).float().numpy())


def test_a_sum_in_another_dtype_is_of_that_dtype():
    x = halves(torch.bfloat16)[0]
    assert x.sum(1, dtype=torch.float32).tolist() == x.float().sum(1).tolist()
    assert x.cumsum(1, dtype=torch.float64).dtype == torch.float64


def test_a_poisson_loss_of_two_dtypes_computes_each_part_in_the_dtype_of_its_operands():
    x, counts = torch.tensor([0.3, 0.7, 1.5]), torch.tensor([0.0, 2.0, 5.0])
    loss = F.poisson_nll_loss
    made = loss(x, counts.half(), full=True, reduction="none")
    assert made.tolist() == pytest.approx([1.3499, 1.2661, 1.7512], abs=6e-5)  # PyTorch's
    narrow = loss(x.half(), counts.long(), full=True, log_input=False, reduction="none")
    assert (narrow.dtype, narrow.tolist()) == (torch.float16, pytest.approx([0.3, 2.0645, 4.2422], abs=6e-5))
    assert loss(torch.tensor([1, 2]), torch.tensor([0, 2]), reduction="none").dtype == torch.float32
