"""Operators of one's own under PyTorch's names, with PyTorch 2.13's texts."""

import numpy as np
import pytest

import funcgrad.torch as torch


@pytest.fixture
def sin():
    @torch.library.custom_op("mine::sin", mutates_args=())
    def sin(x: torch.Tensor, scale: float = 1.0) -> torch.Tensor:
        return torch.from_numpy(np.sin(x.detach().numpy()) * np.float32(scale))

    return sin


def keep(ctx, inputs, output):
    ctx.save_for_backward(inputs[0])
    ctx.scale = inputs[1]


def backward(ctx, grad):
    (x,) = ctx.saved_tensors
    return grad * x.cos() * ctx.scale, None


def test_an_operator_has_the_derivative_that_is_registered(sin):
    sin.register_autograd(backward, setup_context=keep)
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = torch.ops.mine.sin(x, scale=3.0)
    assert "GeneratedBackwardFor_mine_sin_defaultBackward" in repr(y)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 3 * np.cos([1.0, 2.0]), rtol=1e-6)
    assert torch.ops.mine.sin.default(x.detach()).tolist() == sin(x.detach()).tolist()
    assert (repr(sin), repr(torch.ops.mine.sin)) == ("<CustomOpDef(mine::sin)>", "mine.sin")


def test_an_operator_without_a_derivative_fails_in_backward(sin):
    y = sin(torch.ones(1, requires_grad=True)).sum()
    with pytest.raises(
        RuntimeError, match=r"backward through mine\.sin\.default but no autograd formula was registered"
    ):
        y.backward()


def test_an_operator_that_changes_its_argument():
    @torch.library.custom_op("mine::inc", mutates_args={"x"})
    def inc(x: torch.Tensor, by: float = 2.0) -> None:
        x.add_(by)

    x = torch.zeros(2)
    inc(x)
    torch.ops.mine.inc(x, by=3.0)
    assert x.tolist() == [5, 5]
    with pytest.raises(RuntimeError, match=r"non-functional operator <CustomOpDef\(mine::inc\)>\. Please create"):
        inc.register_autograd(backward)


def test_registrations_by_name():
    torch.library.custom_op("mine::twice", lambda x: x * 0, mutates_args=(), schema="(Tensor x) -> Tensor")
    torch.library.register_kernel("mine::twice", "cuda")(lambda x: x * 3)
    torch.library.register_kernel("mine::twice", "cpu")(lambda x: x * 2)
    torch.library.register_fake("mine::twice")(torch.empty_like)
    torch.library.register_autograd("mine::twice", lambda ctx, grad: grad * 2)
    x = torch.ones(1, requires_grad=True)
    torch.ops.mine.twice(x).backward()
    assert (torch.ops.mine.twice(x).tolist(), x.grad.tolist()) == ([2], [2])


def test_pytorchs_operators_are_the_public_functions():
    x = torch.tensor([-1.0, 2.0])
    assert torch.ops.aten.add.Tensor(x, 1).tolist() == torch.ops.aten.add(x, 1).tolist() == [0, 3]
    assert torch.ops.aten.relu.default(x).tolist() == [0, 2]
    assert {torch.ops.aten.add.Tensor: 1}[torch.ops.aten.add.Tensor] == 1
    assert repr(torch.ops.aten.add.Tensor) == "aten.add.Tensor"
    with pytest.raises(NotImplementedError, match=r"no torch.ops.aten._to_copy.default. Call the operator under its"):
        torch.ops.aten._to_copy.default(x)


def test_what_is_not_defined():
    with pytest.raises(AttributeError, match="'_OpNamespace' 'mine' object has no attribute 'nope'"):
        torch.ops.mine.nope  # noqa: B018
    with pytest.raises(ValueError, match=r"Parameter x must have a type annotation. Got func with signature \(x\)\)"):
        torch.library.custom_op("mine::bad", mutates_args=())(lambda x: x)
    with pytest.raises(OSError, match="compiled for PyTorch"):
        torch.ops.load_library("x.so")
