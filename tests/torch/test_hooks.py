"""Hooks on tensors and nodes, by item of PyTorch's observed semantics (H)."""

import re

import pytest

import funcgrad.torch as torch


def leaf(*values):
    return torch.tensor(values, requires_grad=True)


def raises(text):
    return pytest.raises(RuntimeError, match=f"^{re.escape(text)}$")


def test_item_72_hooks_run_in_order_on_the_fresh_gradient():
    w, seen = leaf(1.0), []

    def hook(factor):
        def run(g):
            seen.append(g.item())
            return None if factor is None else g * factor

        return run

    for factor in (10, None, 3):
        w.register_hook(hook(factor))
    (w * 2).sum().backward()
    (w * 2).sum().backward()
    assert seen == [2, 20, 20] * 2
    assert w.grad.tolist() == [120]


def test_item_73_a_hook_sees_the_old_gradient_and_a_post_hook_the_new():
    w, log = leaf(1.0), []
    w.register_hook(lambda g: log.append(("hook", g.item(), w.grad and w.grad.item())))
    w.register_post_accumulate_grad_hook(lambda p: log.append(("post", p.grad.item())))
    (w * 1).sum().backward()
    (w * 2).sum().backward()
    assert log[2:] == [("hook", 2.0, 1.0), ("post", 3.0)]


def test_item_74_texts():
    with raises("cannot register a hook on a tensor that doesn't require gradient"):
        torch.ones(1).register_hook(print)

    def bad(g):
        return torch.ones(3)

    w = leaf(1.0)
    w.register_hook(bad)
    with raises("hook 'bad' has changed the size of value"):
        (w * 2).sum().backward()


def test_item_75_post_hooks_are_for_leaves():
    with raises("post accumulate grad hooks cannot be registered on non-leaf tensors"):
        (leaf(1.0) * 2).register_post_accumulate_grad_hook(print)


def test_item_75_an_optimizer_in_a_post_hook():
    w = leaf(1.0)
    optimizer = torch.optim.SGD([w], lr=0.5)

    def update(p):
        optimizer.step()
        optimizer.zero_grad()

    w.register_post_accumulate_grad_hook(update)
    (w * 1).sum().backward()
    assert (w.tolist(), w.grad) == ([0.5], None)


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


def test_a_hook_on_a_non_leaf_changes_what_flows_on():
    w = leaf(1.0)
    y = w * 2
    y.register_hook(lambda g: g * 10)
    (y * 3).sum().backward()
    assert w.grad.tolist() == [60]


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
