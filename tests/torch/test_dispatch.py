"""In-place changes and views beyond the recorded items of behaviour (`test_semantics.py`), and texts of refusals."""

import re

import pytest

import funcgrad.torch as torch


def leaf(*values):
    return torch.tensor(values, requires_grad=True)


def raises(text, kind=RuntimeError):
    return pytest.raises(kind, match=f"^{re.escape(text)}$")


def test_item_65_the_shape_is_that_of_the_saved_view():
    w = torch.ones(2, 3, requires_grad=True)
    x = torch.ones(4, 3)
    y = w * x[1:3]
    x.add_(1)
    with pytest.raises(RuntimeError, match=re.escape("[torch.FloatTensor [2, 3]] is at version 1")):
        y.sum().backward()


def test_item_66_an_in_place_operator_keeps_what_it_needs_of_its_own_input():
    w, x = leaf(3.0), leaf(2.0)
    y = x * 1
    y.mul_(w).mul_(w)
    y.sum().backward()
    assert (x.grad.item(), w.grad.item()) == (9, 12)


def test_every_write_counts_once():
    x = torch.zeros(3)
    for change in (lambda: x.add_(1), lambda: x.zero_(), lambda: x.__setitem__(0, 1.0), lambda: x[1:].mul_(2)):
        before = x._version
        change()
        assert x._version == before + 1
    assert x[0]._version == x._version


def test_item_68_other_views_follow():
    x = leaf(1.0, 2.0)
    y = x * 1
    v = y[:]
    y.mul_(10)
    v.sum().backward()
    assert x.grad.tolist() == [10, 10]


def test_item_69_but_filling_it_is_allowed():
    x = torch.zeros(2)
    x.expand(3, 2).fill_(4)
    x.expand(1, 2).mul_(2)  # nothing is repeated here
    assert x.tolist() == [8, 8]


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
