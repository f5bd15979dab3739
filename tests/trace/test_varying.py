"""Which operands a gradient depends on, whatever their values are."""

import pytest

import funcgrad.torch as torch


def second(call):
    x = torch.tensor([[0.5, 2.0], [1.5, 1.0]], requires_grad=True)
    weight = torch.ones(2, 2, requires_grad=True)
    (gradient,) = torch.autograd.grad(call(x), x, weight, create_graph=True)
    return x, weight, gradient


@pytest.mark.parametrize("call", [lambda x: x.clamp(0.7, 1.2), lambda x: x.sort(0)[0], lambda x: x.maximum(x.detach())])
def test_a_gradient_depends_on_the_order_of_values_only(call):
    x, weight, gradient = second(call)
    found = torch.autograd.grad(gradient.sum(), (x, weight), allow_unused=True)
    assert found[0] is None
    assert found[1] is not None


def test_a_gradient_that_depends_on_nothing_requires_none():
    x = torch.tensor([3.0, 1.0], requires_grad=True)
    (gradient,) = torch.autograd.grad(x.max(), x, create_graph=True)
    assert not gradient.requires_grad
    assert gradient.tolist() == [1, 0]


def test_a_gradient_that_varies_still_does():
    x, _, gradient = second(torch.exp)
    assert torch.autograd.grad(gradient.sum(), x)[0].tolist() == x.exp().tolist()
