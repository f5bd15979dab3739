"""In-place changes and views, by item of PyTorch's observed semantics (G): versions, graphs and refusals."""

import re

import numpy as np
import pytest

import funcgrad.torch as torch

MODIFIED = "one of the variables needed for gradient computation has been modified by an inplace operation: "
HINT = (
    " Hint: enable anomaly detection to find the operation that failed to compute its gradient, with "
    "torch.autograd.set_detect_anomaly(True, check_nan=False)."
)


def leaf(*values):
    return torch.tensor(values, requires_grad=True)


def raises(text, kind=RuntimeError):
    return pytest.raises(kind, match=f"^{re.escape(text)}$")


# Item 63: leaves.


@pytest.mark.parametrize(
    "change", [lambda x: x.add_(1), lambda x: x.zero_(), lambda x: x.mul_(x), lambda x: x.copy_(x)]
)
def test_item_63_a_leaf_refuses_in_place_changes(change):
    with raises("a leaf Variable that requires grad is being used in an in-place operation."):
        change(leaf(1.0, 2.0))


@pytest.mark.parametrize(
    "change", [lambda x: x.__setitem__(0, 5), lambda x: x[:1].mul_(2), lambda x: x.view(2).zero_()]
)
def test_item_63_so_do_its_views(change):
    with raises("a view of a leaf Variable that requires grad is being used in an in-place operation."):
        change(leaf(1.0, 2.0))


def test_item_63_allowed_under_no_grad_and_through_detach():
    x = leaf(1.0, 2.0)
    with torch.no_grad():
        x.mul_(2)
        x[0] = 7
    x.detach().add_(1)
    x.data.add_(1)
    assert x.tolist() == [9, 6]
    assert x.is_leaf
    assert x.requires_grad


def test_item_64_an_update_that_rebinds_loses_the_leaf():
    w = leaf(1.0)
    w.sum().backward()
    w = w - 0.1 * w.grad
    assert not w.is_leaf
    with pytest.warns(UserWarning, match="The .grad attribute of a Tensor that is not a leaf Tensor is being accessed"):
        assert w.grad is None


# Items 65 and 66: versions.


def test_item_65_a_saved_result_was_changed():
    y = leaf(1.0, 2.0, 3.0).exp()
    y.add_(1)
    with raises(
        f"{MODIFIED}[torch.FloatTensor [3]], which is output 0 of Exp, is at version 1; expected version 0 instead.{HINT}"
    ):
        y.sum().backward()


def test_item_65_a_saved_leaf_was_changed():
    w = leaf(1.0, 2.0)
    loss = (w * w).sum()
    with torch.no_grad():
        w.add_(1)
    with raises(f"{MODIFIED}[torch.FloatTensor [2]] is at version 1; expected version 0 instead.{HINT}"):
        loss.backward()


def test_item_65_the_shape_is_that_of_the_saved_view():
    w = torch.ones(2, 3, requires_grad=True)
    x = torch.ones(4, 3)
    y = w * x[1:3]
    x.add_(1)
    with pytest.raises(RuntimeError, match=re.escape("[torch.FloatTensor [2, 3]] is at version 1")):
        y.sum().backward()


def test_item_66_only_what_was_saved_counts():
    x = leaf(1.0, 2.0)
    y = x.sin()
    y.mul_(2)  # sin saved its input
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * np.cos([1, 2]), rtol=1e-6)


def test_item_66_an_in_place_operator_keeps_what_it_needs_of_its_own_input():
    w, x = leaf(3.0), leaf(2.0)
    y = x * 1
    y.mul_(w).mul_(w)
    y.sum().backward()
    assert (x.grad.item(), w.grad.item()) == (9, 12)


def test_item_66_a_step_between_two_backward_passes():
    w = leaf(1.0, 2.0)
    optimizer = torch.optim.SGD([w], lr=0.1)
    loss = (w * w).sum()
    loss.backward(retain_graph=True)
    optimizer.step()
    assert w._version == 1
    with pytest.raises(RuntimeError, match=re.escape(f"{MODIFIED}[torch.FloatTensor [2]] is at version 1; expected")):
        loss.backward()


def test_every_write_counts_once():
    x = torch.zeros(3)
    for change in (lambda: x.add_(1), lambda: x.zero_(), lambda: x.__setitem__(0, 1.0), lambda: x[1:].mul_(2)):
        before = x._version
        change()
        assert x._version == before + 1
    assert x[0]._version == x._version


# Item 67: graphs of in-place changes.


def test_item_67_in_place_changes_reroute_the_graph():
    x = leaf(1.0, 2.0)
    y = x * 3
    y[0] = 0.0
    y.add_(x)
    y.sum().backward()
    assert x.grad.tolist() == [1, 4]


def test_item_67_copying_a_requiring_value_into_a_plain_tensor():
    x, z = leaf(1.0, 2.0, 3.0), torch.zeros(3)
    z[1] = x[2]
    assert z.requires_grad
    assert not z.is_leaf
    (z * 5).sum().backward()
    assert x.grad.tolist() == [0, 0, 5]


# Item 68: views.


def test_item_68_a_view_writes_its_base():
    t = torch.zeros(2, 3)
    s = t[0]
    s.fill_(5)
    t.t()[2, 1] = 7
    assert s._base is t
    assert t.tolist() == [[5, 5, 5], [0, 0, 7]]
    assert t.view(-1)[1:3].tolist() == [5, 5]


def test_item_68_writing_a_view_of_a_non_leaf_updates_the_bases_graph():
    x = leaf(1.0, 2.0)
    y = x * 1
    v = y[:1]
    v.mul_(10)
    y.sum().backward()
    assert x.grad.tolist() == [10, 1]


def test_item_68_other_views_follow():
    x = leaf(1.0, 2.0)
    y = x * 1
    v = y[:]
    y.mul_(10)
    v.sum().backward()
    assert x.grad.tolist() == [10, 10]


def test_item_68_a_view_that_would_have_to_move_elements():
    with raises(
        "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
        "contiguous subspaces). Use .reshape(...) instead."
    ):
        torch.zeros(2, 3).t().view(-1)


OVERLAP = (
    "unsupported operation: more than one element of the written-to tensor refers to a single memory location. Please "
    "clone() the tensor before performing the operation."
)


def test_item_69_an_expanded_tensor_refuses_writes():
    with raises(OVERLAP):
        torch.zeros(1).expand(3).add_(1)


def test_item_69_but_filling_it_is_allowed():
    x = torch.zeros(2)
    x.expand(3, 2).fill_(4)
    x.expand(1, 2).mul_(2)  # nothing is repeated here
    assert x.tolist() == [8, 8]


NO_GRAD_VIEW = "A view was created in no_grad mode and is being modified inplace with grad mode enabled. "


@pytest.mark.parametrize("base", [lambda x: x, lambda x: x * 1])
@pytest.mark.parametrize("look", [lambda x: x[0], lambda x: x.view(2, 1), lambda x: x.unbind()[0]])
def test_item_70_views_made_under_no_grad(base, look):
    x = base(leaf(1.0, 2.0))
    with torch.no_grad():
        v = look(x)
        v.add_(1)
    with pytest.raises(RuntimeError, match=f"^{NO_GRAD_VIEW}Given that this use case is ambiguous"):
        v.add_(1)


@pytest.mark.parametrize(
    "parts, name", [(lambda x: x.unbind(), "Unbind"), (lambda x: x.chunk(2), "Split"), (lambda x: x.split(1), "Split")]
)
def test_item_70_views_of_several(parts, name):
    part = parts(leaf(1.0, 2.0) * 1)[0]
    with raises(
        f"Output 0 of {name} is a view and is being modified inplace. This view is the output of a function that returns "
        "multiple views. Such functions do not allow the output views to be modified inplace. You should replace the "
        "inplace operation by an out-of-place one."
    ):
        part.add_(1)


def test_item_142_a_write_cannot_lift_the_category():
    with raises("result type Float can't be cast to the desired output type Long"):
        torch.ones(2, dtype=torch.int64).add_(1.5)
    x = torch.ones(2)
    x += torch.ones(2, dtype=torch.float64)
    assert x.dtype == torch.float32


# Texts of writes that do not fit, recorded from PyTorch 2.13.


@pytest.mark.parametrize(
    "write, text",
    [
        (lambda: torch.zeros(2).copy_(torch.zeros(3)), "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0"),
        (lambda: torch.zeros(2).copy_(torch.zeros(2, 2)), "output with shape [2] doesn't match the broadcast shape [2, 2]"),
        (lambda: torch.zeros(2).add_(torch.zeros(2, 2)), "output with shape [2] doesn't match the broadcast shape [2, 2]"),
        (lambda: torch.zeros(2).__setitem__(0, torch.zeros(2)), "expand(torch.FloatTensor{[2]}, size=[]): the number of sizes provided (0) must be greater or equal to the number of dimensions in the tensor (1)"),
        (lambda: torch.zeros(2, 2).__setitem__(0, torch.zeros(3)), "The expanded size of the tensor (2) must match the existing size (3) at non-singleton dimension 0.  Target sizes: [2].  Tensor sizes: [3]"),
        (lambda: torch.zeros(2, 2).__setitem__((slice(None), [0, 1]), torch.zeros(3)), "shape mismatch: value tensor of shape [3] cannot be broadcast to indexing result of shape [2, 2]"),
    ],
)  # fmt: skip
def test_a_write_that_does_not_fit(write, text):
    with raises(text):
        write()


@pytest.mark.parametrize(
    "index, text",
    [
        (0, "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim tensor to a number"),
        (slice(1, None), "slice() cannot be applied to a 0-dim tensor."),
        ((0,), "too many indices for tensor of dimension 0"),
    ],
)  # fmt: skip
def test_an_index_of_a_scalar(index, text):
    with raises(text, IndexError):
        torch.tensor(1.0)[index]
