"""Optimizers, by item of PyTorch's observed semantics (D, H, J): what a step reads, state, groups and texts."""

import re

import numpy as np
import pytest

import funcgrad.torch as torch

SGD = torch.optim.SGD


def leaf(*values):
    return torch.tensor(values, requires_grad=True)


def raises(text, kind=ValueError):
    return pytest.raises(kind, match=f"^{re.escape(text)}$")


def close(x, *values):
    np.testing.assert_allclose(x.detach().numpy(), values, rtol=1e-6)


# D: clearing.


def test_item_34_zero_grad_touches_only_its_own():
    held, other = leaf(1.0), leaf(1.0)
    optimizer = SGD([held], lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        (held * other * 2).sum().backward()
    assert held.grad.tolist() == [2]
    assert other.grad.tolist() == [4]


def test_item_35_it_clears_what_was_assigned():
    w = leaf(1.0)
    w.grad = torch.tensor([7.0])
    SGD([w], lr=0.1).zero_grad()
    assert w.grad is None


def test_item_33_zeros_keep_the_object():
    w = leaf(1.0)
    optimizer = SGD([w], lr=0.1)
    (w * 2).sum().backward()
    kept = w.grad
    optimizer.zero_grad(set_to_none=False)
    assert w.grad is kept
    assert kept.tolist() == [0]


# J: what a step does.


def test_item_87_none_is_skipped_and_zero_is_a_step():
    w, skipped = leaf(0.75), leaf(0.75)
    optimizer = SGD([w, skipped], lr=0.1, weight_decay=0.5)
    w.grad = torch.zeros(1)
    optimizer.step()
    close(w, 0.7125)
    close(skipped, 0.75)


def test_item_87_a_zero_gradient_coasts_on_momentum():
    w = leaf(1.0)
    optimizer = SGD([w], lr=0.1, momentum=0.9)
    w.grad = torch.full((1,), 2.0)
    optimizer.step()
    close(w, 0.8)
    w.grad.zero_()
    optimizer.step()
    close(w, 0.62)
    w.grad = None
    optimizer.step()
    close(w, 0.62)


def test_item_88_momentum_zero_has_no_state():
    w = leaf(1.0)
    plain, heavy = SGD([w], lr=0.1), SGD([w], lr=0.1, momentum=0.9)
    w.grad = torch.ones(1)
    plain.step()
    heavy.step()
    assert dict(plain.state) == {} or plain.state[w] == {}
    assert list(heavy.state[w]) == ["momentum_buffer"]


def test_item_88_the_first_step_has_no_dampening():
    w = leaf(0.0)
    optimizer = SGD([w], lr=1.0, momentum=0.5, dampening=0.5)
    for expected in (-1, -2):
        w.grad = torch.ones(1)
        optimizer.step()
        close(w, expected)


def test_item_89_adams_epsilon_comes_after_the_root():
    w = leaf(1.0)
    optimizer = torch.optim.Adam([w], lr=0.1, eps=1.0)
    w.grad = torch.full((1,), 3.0)
    optimizer.step()
    close(w, 0.925)
    state = optimizer.state[w]
    assert set(state) == {"step", "exp_avg", "exp_avg_sq"}
    assert (state["step"].item(), state["step"].shape, state["step"].dtype) == (1, (), torch.float32)


def test_item_90_adamw_decays_first():
    w = leaf(1.0)
    optimizer = torch.optim.AdamW([w], lr=0.1)
    assert optimizer.param_groups[0]["weight_decay"] == 0.01
    w.grad = torch.zeros(1)
    optimizer.step()
    close(w, 1 - 0.1 * 0.01)


def test_item_100_the_default_learning_rate():
    assert SGD([leaf(1.0)]).param_groups[0]["lr"] == 0.001


@pytest.mark.parametrize(
    "options, text",
    [
        ({"nesterov": True}, "Nesterov momentum requires a momentum and zero dampening"),
        ({"lr": -1}, "Invalid learning rate: -1"),
        ({"momentum": -0.5}, "Invalid momentum value: -0.5"),
        ({"weight_decay": -1}, "Invalid weight_decay value: -1"),
    ],
)
def test_item_101_options(options, text):
    with raises(text):
        SGD([leaf(1.0)], **{"lr": 0.1, **options})


@pytest.mark.parametrize(
    "params, kind, text",
    [
        (list, ValueError, "optimizer got an empty parameter list"),
        (lambda: [leaf(1.0) * 2], ValueError, "can't optimize a non-leaf Tensor"),
        (lambda: leaf(1.0), TypeError, "params argument given to the optimizer should be an iterable of Tensors or dicts, but got torch.FloatTensor"),
        (lambda: [1.0], TypeError, "optimizer can only optimize Tensors, but one of the params is float"),
    ],
)  # fmt: skip
def test_item_101_parameters(params, kind, text):
    with raises(text, kind):
        SGD(params(), lr=0.1)


def test_item_102_options_can_be_changed():
    w = leaf(1.0)
    optimizer = SGD([w], lr=0.1)
    w.grad = torch.ones(1)
    optimizer.param_groups[0]["lr"] = 0.5
    optimizer.step()
    close(w, 0.5)
    expected = {"params", "lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize", "foreach",
                "differentiable", "fused"}  # fmt: skip
    assert set(optimizer.param_groups[0]) == expected


def test_item_102_groups_of_their_own():
    a, b = leaf(1.0), leaf(1.0)
    optimizer = SGD([{"params": [a], "lr": 0.5}, {"params": b}], lr=0.1)
    a.grad, b.grad = torch.ones(1), torch.ones(1)
    optimizer.step()
    close(a, 0.5)
    close(b, 0.9)


@pytest.mark.parametrize(
    "group, kind, text",
    [
        (lambda w: {"params": [w]}, ValueError, "some parameters appear in more than one parameter group"),
        (lambda w: {"params": {leaf(1.0)}}, TypeError, "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets will change between runs. Please use a list instead."),
        (lambda w: [w], TypeError, "param_group must be a dict, but got <class 'list'>"),
    ],
)  # fmt: skip
def test_item_102_groups_that_are_refused(group, kind, text):
    w = leaf(1.0)
    with raises(text, kind):
        SGD([w], lr=0.1).add_param_group(group(w))


def test_item_102_a_parameter_listed_twice_only_warns():
    w = leaf(1.0)
    with pytest.warns(UserWarning, match="^optimizer contains a parameter group with duplicate parameters"):
        SGD([w, w], lr=0.1)


def test_item_103_a_state_dict():
    a, b = leaf(1.0), leaf(1.0)
    optimizer = SGD([{"params": [a]}, {"params": [b]}], lr=0.1, momentum=0.9)
    assert optimizer.state_dict()["state"] == {}
    b.grad = torch.ones(1)
    optimizer.step()
    state = optimizer.state_dict()
    assert [group["params"] for group in state["param_groups"]] == [[0], [1]]
    assert list(state["state"]) == [1]
    assert state["state"][1]["momentum_buffer"].tolist() == [1]


def test_item_104_loading_shares_the_state():
    w, other = leaf(1.0), leaf(1.0)
    first, second = SGD([w], lr=0.1, momentum=0.5), SGD([other], lr=0.7, momentum=0.1)
    w.grad = other.grad = torch.ones(1)
    first.step()
    second.load_state_dict(first.state_dict())
    assert second.param_groups[0]["lr"] == 0.1
    second.step()
    assert first.state[w]["momentum_buffer"].tolist() == [1.5]
    assert first.state[w]["momentum_buffer"] is second.state[other]["momentum_buffer"]


@pytest.mark.parametrize(
    "groups, text",
    [
        (lambda: [{"params": [leaf(1.0)]}, {"params": [leaf(1.0)]}], "loaded state dict has a different number of parameter groups"),
        (lambda: [leaf(1.0), leaf(1.0)], "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"),
    ],
)  # fmt: skip
def test_item_105_state_that_does_not_fit(groups, text):
    with raises(text):
        SGD([leaf(1.0)], lr=0.1).load_state_dict(SGD(groups(), lr=0.1).state_dict())


def test_item_106_a_closure_runs_with_grad_enabled():
    w = leaf(2.0)
    optimizer = SGD([w], lr=0.1)

    def closure():
        optimizer.zero_grad()
        assert torch.is_grad_enabled()
        loss = (w * w).sum()
        loss.backward()
        return loss

    with torch.no_grad():
        assert optimizer.step(closure).item() == 4
    close(w, 1.6)
    assert optimizer.step() is None


def test_item_106_repr_lists_options_alphabetically():
    assert repr(SGD([leaf(1.0)], lr=0.1)) == (
        "SGD (\nParameter Group 0\n    dampening: 0\n    differentiable: False\n    foreach: None\n    fused: None\n"
        "    lr: 0.1\n    maximize: False\n    momentum: 0\n    nesterov: False\n    weight_decay: 0\n)"
    )


def test_item_78_step_hooks():
    w, log = leaf(1.0), []
    optimizer = SGD([w], lr=0.1)
    w.grad = torch.ones(1)
    handle = optimizer.register_step_pre_hook(lambda o, args, kwargs: log.append(("pre", o is optimizer, w.item())))
    optimizer.register_step_post_hook(lambda o, args, kwargs: log.append(("post", args, kwargs)))
    optimizer.step()
    handle.remove()
    optimizer.step()
    assert [entry[0] for entry in log] == ["pre", "post", "post"]
    assert log[0] == ("pre", True, 1)


def test_a_step_needs_no_grad_around_it_and_keeps_the_leaf():
    w = leaf(1.0)
    optimizer = SGD([w], lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01, maximize=True)
    for _ in range(3):
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()
    assert w.is_leaf
    assert w.requires_grad
    assert w._version == 3
