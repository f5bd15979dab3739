"""Shared storages, by item of PyTorch's observed semantics (A, G): who sees a write, and what it counts for."""

import copy
import re

import numpy as np
import pytest

import funcgrad.torch as torch


def leaf(*values):
    return torch.tensor(values, requires_grad=True)


# A: leaves.


def test_item_1_what_a_user_makes_is_a_leaf():
    x = leaf(1.0)
    assert (x.is_leaf, x.grad_fn) == (True, None)
    assert (torch.ones(2) * 2).is_leaf


def test_item_2_results_have_a_grad_fn():
    y = leaf(1.0) * 2
    assert not y.is_leaf
    assert y.grad_fn.name() == "MulBackward0"


def test_item_3_a_cast_leaf_is_no_leaf():
    x = leaf(1.0)
    assert x.double().grad_fn.name() == "ToCopyBackward0"
    assert x.float() is x


def test_item_4_a_parameter_shares_its_tensors_storage():
    t = torch.ones(2)
    p = torch.nn.Parameter(t)
    with torch.no_grad():
        p[0] = 5
    assert t.tolist() == [5, 1]
    assert (p.requires_grad, p.is_leaf, t.requires_grad) == (True, True, False)


def test_item_5_integers_cannot_require_grad():
    text = "^Only Tensors of floating point and complex dtype can require gradients$"
    with pytest.raises(RuntimeError, match=text):
        torch.tensor([1, 2], requires_grad=True)
    with pytest.raises(RuntimeError, match=text):
        torch.nn.Parameter(torch.tensor([1, 2]))
    with pytest.raises(RuntimeError, match=r"^only Tensors of floating point dtype can require gradients$"):
        torch.tensor([1, 2]).requires_grad_()


CHANGE = "you can only change requires_grad flags of leaf variables."
ADVICE = (
    " If you want to use a computed variable in a subgraph that doesn't require differentiation use "
    "var_no_grad = var.detach()."
)


@pytest.mark.parametrize(
    "change, text",
    [
        (lambda y: y.requires_grad_(False), CHANGE + ADVICE),
        (lambda y: setattr(y, "requires_grad", False), CHANGE + ADVICE),
        (lambda y: setattr(y, "requires_grad", True), CHANGE),
    ],
)
def test_items_6_and_7_a_non_leaf_keeps_its_flag(change, text):
    with pytest.raises(RuntimeError, match=f"^{re.escape(text)}$"):
        change(leaf(1.0) * 2)


def test_item_7_the_method_accepts_true_on_a_non_leaf():
    y = leaf(1.0) * 2
    assert y.requires_grad_(True) is y


def test_item_8_freezing_a_leaf_leaves_graphs_and_gradients():
    x = leaf(3.0)
    y = x * 2
    y.sum().backward(retain_graph=True)
    x.requires_grad_(False)
    assert y.requires_grad
    assert x.grad.tolist() == [2]


# G: detach, data, clones.


def test_item_60_detach_and_data_share_the_storage():
    x = leaf(1.0, 2.0)
    x.detach()[0] = 10
    x.data[1] = 20
    assert x.tolist() == [10, 20]


def test_item_60_data_does_not_count_and_detach_does():
    x = leaf(1.0, 2.0)
    x.data.mul_(2)
    assert x._version == 0
    x.detach().mul_(2)
    assert x._version == 1


def test_item_61_setting_data_rebinds_the_storage():
    x = leaf(1.0, 2.0)
    before = x.detach()
    x.data = torch.tensor([5.0, 6.0])
    assert before.tolist() == [1, 2]
    assert x.tolist() == [5, 6]
    assert x.is_leaf
    assert x.requires_grad


def test_item_61_detach_in_place_makes_a_leaf():
    y = leaf(1.0) * 2
    assert y.detach_() is y
    assert (y.is_leaf, y.requires_grad) == (True, False)


def test_item_62_clone_is_differentiable():
    x = leaf(1.0, 2.0)
    y = x.clone()
    assert y.grad_fn.name() == "CloneBackward0"
    assert not x.clone().detach().requires_grad
    y.sum().backward()
    assert x.grad.tolist() == [1, 1]
    with torch.no_grad():
        y.zero_()
    assert x.tolist() == [1, 2]


def test_a_detached_view_stays_outside_the_graph():
    x = leaf(1.0, 2.0)
    y = x * 1
    d = y[0].detach()
    y.mul_(3)
    assert d.item() == 3
    assert not d.requires_grad
    d.fill_(9)
    assert y.tolist() == [9, 6]


def test_a_view_of_a_leaf_made_under_no_grad_tells_that_its_base_requires_grad():
    x = leaf(1.0, 2.0)
    with torch.no_grad():
        v = x[0]
    assert (v.requires_grad, v.is_leaf, v.grad_fn) == (True, True, None)
    assert repr(v) == "tensor(1., requires_grad=True)"


def test_a_look_under_no_grad_leaves_a_view_in_its_graph():
    x = leaf(1.0, 2.0)
    y = x * 1
    v = y[:1]
    y.mul_(3)
    with torch.no_grad():
        assert v.tolist() == [3]
    v.sum().backward()
    assert x.grad.tolist() == [3, 0]


# Item 71: leaving the tensor world.


@pytest.mark.parametrize(
    "act, kind, text",
    [
        (lambda: leaf(1.0).numpy(), RuntimeError, "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."),
        (lambda: torch.ones(2).item(), RuntimeError, "a Tensor with 2 elements cannot be converted to Scalar"),
        (lambda: bool(torch.ones(2)), RuntimeError, "Boolean value of Tensor with more than one value is ambiguous"),
        (lambda: float(torch.ones(2)), ValueError, "only one element tensors can be converted to Python scalars"),
    ],
)  # fmt: skip
def test_item_71_texts(act, kind, text):
    with pytest.raises(kind, match=f"^{re.escape(text)}$"):
        act()


# Item 39: copies.


def test_item_39_deepcopy_of_a_parameter_drops_its_gradient():
    p = torch.nn.Parameter(torch.ones(2))
    p.sum().backward()
    made = copy.deepcopy(p)
    assert made.grad is None
    assert made.requires_grad
    assert isinstance(made, torch.nn.Parameter)


def test_item_39_deepcopy_of_a_plain_leaf_keeps_a_copy_of_it():
    x = leaf(1.0, 2.0)
    x.sum().backward()
    made = copy.deepcopy(x)
    made.grad.mul_(5)
    assert made.grad.tolist() == [5, 5]
    assert x.grad.tolist() == [1, 1]


def test_item_39_copy_drops_it():
    x = leaf(1.0)
    x.sum().backward()
    assert copy.copy(x).grad is None


def test_item_39_deepcopy_of_a_non_leaf():
    text = "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment."
    with pytest.raises(RuntimeError, match=f"^{re.escape(text)}"):
        copy.deepcopy(leaf(1.0) * 2)


def test_values_leave_as_the_array_they_were():
    x = torch.tensor([1.0, 2.0])
    array = x.numpy()
    x.mul_(1)
    np.testing.assert_array_equal(array, [1, 2])
