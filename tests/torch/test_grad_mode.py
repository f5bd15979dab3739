"""Gradient modes, by item of PyTorch's observed semantics (F): values and texts recorded from PyTorch 2.13."""

import re

import pytest

import funcgrad.torch as torch


@pytest.fixture
def w():
    return torch.tensor([1.0, 2.0], requires_grad=True)


def test_item_55_results_under_no_grad_are_leaves(w):
    with torch.no_grad():
        y = w * 2
    assert (y.requires_grad, y.is_leaf, y.grad_fn) == (False, True, None)


def test_item_55_enable_grad_nests_inside_no_grad(w):
    with torch.no_grad():
        with torch.enable_grad():
            assert (w * 2).requires_grad
        assert not (w * 2).requires_grad


@pytest.mark.parametrize("mode", [torch.no_grad, torch.enable_grad, torch.inference_mode])
def test_item_55_the_mode_is_put_back_after_an_exception(mode):
    with pytest.raises(KeyError), mode():
        raise KeyError
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


@pytest.mark.parametrize("decorator", [torch.no_grad, torch.no_grad(), torch.inference_mode, torch.inference_mode()])
def test_item_55_as_a_decorator_a_mode_keeps_the_name(decorator, w):
    @decorator
    def double(x):
        return x * 2

    assert double.__name__ == "double"
    assert not double(w).requires_grad
    assert torch.is_grad_enabled()


def test_item_55_enable_grad_as_a_decorator(w):
    @torch.enable_grad()
    def double(x):
        return x * 2

    with torch.no_grad():
        assert double(w).requires_grad
        assert not torch.is_grad_enabled()


def test_item_56_set_grad_enabled_as_a_call_and_as_a_block(w):
    torch.set_grad_enabled(False)
    try:
        assert not torch.is_grad_enabled()
        with torch.set_grad_enabled(True):
            assert (w * 2).requires_grad
        assert not torch.is_grad_enabled()
    finally:
        torch.set_grad_enabled(True)
    assert torch.is_grad_enabled()


def test_item_57_no_grad_neither_clears_nor_freezes_gradients(w):
    w.sum().backward()
    with torch.no_grad():
        assert w.grad.tolist() == [1, 1]
        w.grad.mul_(3)
    assert w.grad.tolist() == [3, 3]


def test_item_57_backward_of_what_no_grad_made(w):
    with torch.no_grad():
        loss = w.sum()
    text = "element 0 of tensors does not require grad and does not have a grad_fn"
    with pytest.raises(RuntimeError, match=f"^{text}$"):
        loss.backward()


def test_backward_works_inside_no_grad(w):
    loss = (w * w).sum()
    with torch.no_grad():
        loss.backward()
        assert w.grad.tolist() == [2, 4]


def test_item_58_inference_mode(w):
    with torch.inference_mode():
        assert not torch.is_grad_enabled()
        assert torch.is_inference_mode_enabled()
        y = w * 2
    assert y.is_inference()
    assert not y.requires_grad
    text = "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in"
    with pytest.raises(RuntimeError, match=f"^{re.escape(text)}.*make a clone to get a normal tensor"):
        w * y


def test_item_59_inference_tensors_outside():
    with torch.inference_mode():
        y = torch.ones(2)
    with pytest.raises(RuntimeError, match=r"^Setting requires_grad=True on inference tensor outside InferenceMode"):
        y.requires_grad_()
    with pytest.raises(
        RuntimeError, match=r"^Inplace update to inference tensor outside InferenceMode is not allowed.You"
    ):
        y.add_(1)
    assert not (y + 1).is_inference()
    assert not y.clone().is_inference()


def test_inference_mode_off_is_the_mode_around_it(w):
    with torch.inference_mode(False):
        assert (w * 2).requires_grad


def test_item_12_a_leaf_made_under_no_grad_requires_grad():
    with torch.no_grad():
        made = [torch.ones(2, requires_grad=True), torch.nn.Parameter(torch.ones(2)), torch.ones(2).requires_grad_()]
    assert all(x.requires_grad and x.is_leaf for x in made)
