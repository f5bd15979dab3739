"""Hooks on tensors and nodes beyond the recorded items of behaviour (`test_semantics.py`)."""

import funcgrad.torch as torch


def leaf(*values):
    return torch.tensor(values, requires_grad=True)


def test_a_handle_takes_its_hook_off():
    w = leaf(1.0)
    handle = w.register_hook(lambda g: g * 100)
    with w.register_hook(lambda g: g * 10):
        (w * 1).sum().backward()
        assert w.grad.tolist() == [1000]
    handle.remove()
    handle.remove()
    (w * 1).sum().backward()
    assert w.grad.tolist() == [1001]


def test_a_hook_may_return_a_view():
    w = torch.zeros(2, 3, requires_grad=True)
    w.register_hook(lambda g: (torch.arange(6.0).reshape(3, 2) * g.t()).t())
    w.sum().backward()
    assert w.grad.tolist() == [[0, 2, 4], [1, 3, 5]]


def test_a_hook_stays_with_the_operator_that_made_the_tensor_then():
    w, seen = leaf(1.0), []
    y = w * 2
    y.register_hook(lambda g: seen.append(g.item()))
    y.mul_(5)
    (y * 3).sum().backward()
    assert seen == [15]
