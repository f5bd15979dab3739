"""Gradients beyond the recorded items of behaviour (`test_semantics.py`): batches, failed walks, anomaly mode."""

import re
import warnings

import numpy as np
import pytest

import funcgrad.torch as torch

TWICE = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been "
    "freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify "
    "retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors "
    "after calling backward."
)


def leaf(*values, **options):
    return torch.tensor(values, requires_grad=True, **options)


def raises(text, kind=RuntimeError):
    return pytest.raises(kind, match=f"^{re.escape(text)}$")


def test_item_10_it_follows_the_tensor_through_in_place_changes():
    y = leaf(1.0) * 2
    y.retain_grad()
    y.mul_(5)
    (y * 3).sum().backward()
    assert y.grad.tolist() == [3]


def test_a_leaf_keeps_what_reached_it_before_the_walk_failed():
    a, b = leaf(2.0), leaf(3.0)
    hidden = (b * b).sum()
    hidden.backward()
    loss = (hidden * a).sum()
    with raises(TWICE):
        loss.backward()
    assert a.grad.tolist() == [9]
    assert b.grad.tolist() == [6]


def test_item_50_batched_vectors_give_the_jacobian():
    x, u = leaf(1.0, 2.0, 3.0), leaf(1.0)
    jacobian, unused = torch.autograd.grad(x**2, (x, u), torch.eye(3), is_grads_batched=True, allow_unused=True)
    assert jacobian.tolist() == [[2, 0, 0], [0, 4, 0], [0, 0, 6]]
    assert unused is None
    with pytest.raises(
        RuntimeError, match=re.escape("grad_output[0] has a shape of torch.Size([]) and output[0] has a")
    ):
        torch.autograd.grad(x**2, x, torch.ones(3), is_grads_batched=True)


def test_item_50_a_batch_frees_the_graph_once_and_can_be_differentiated():
    x = leaf(1.0, 2.0)
    y = x**3
    (jacobian,) = torch.autograd.grad(y, x, torch.eye(2), is_grads_batched=True, create_graph=True)
    (second,) = torch.autograd.grad(jacobian.sum(), x)
    assert second.tolist() == [6, 12]
    y = x**3
    torch.autograd.grad(y, x, torch.eye(2), is_grads_batched=True)
    with raises(TWICE):
        y.sum().backward()


def test_anomaly_mode_names_the_first_nan():
    x = torch.zeros(1, requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        assert torch.is_anomaly_enabled()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch shows the forward line too
            with raises("Function 'SqrtBackward0' returned nan values in its 0th output."):
                (x.sqrt() * 0).sum().backward()
    assert not torch.is_anomaly_enabled()
    (x.sqrt() * 0).sum().backward()
    assert np.isnan(x.grad.item())


def test_detect_anomaly_is_a_block_that_warns():
    with pytest.warns(UserWarning, match="^Anomaly Detection has been enabled. This mode will increase the runtime"):
        block = torch.autograd.detect_anomaly()
    with block:
        assert torch.is_anomaly_enabled()
        x = leaf(2.0)
        (x * x).sum().backward()
    assert x.grad.tolist() == [4]
    assert not torch.is_anomaly_enabled()


def test_two_leaves_that_share_a_gradient_both_add_to_it():
    a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    a.grad = b.grad = torch.tensor([10.0, 20.0])
    (a * 2 + b * 3).sum().backward()
    assert a.grad is b.grad
    assert a.grad.tolist() == [15.0, 25.0]


def test_a_gradient_that_is_part_of_another_tensor_is_added_to_in_its_place():
    a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    both = torch.zeros(4)
    a.grad, b.grad = both[:2], both[2:]
    for _ in range(2):
        (a * 2 + b * 3).sum().backward()
    assert both.tolist() == [4.0, 4.0, 6.0, 6.0]


@pytest.mark.parametrize(
    "made, saved",
    [
        (lambda x, w: torch.nn.functional.linear(x, w, torch.zeros(5)), "[3, 5]], which is output 0 of AsStrided,"),
        (lambda x, w: torch.nn.functional.linear(x, w), "[3, 5]], which is output 0 of AsStrided,"),
        (lambda x, w: torch.nn.functional.prelu(x, w[0]), "[1, 3]], which is output 0 of AsStrided,"),
        (lambda x, w: torch.nn.functional.prelu(x[0], w[0, :1]), "[1]], which is output 0 of AsStrided,"),
    ],
)
def test_a_changed_weight_is_told_as_the_view_of_it_that_was_saved(made, saved):
    x, w = torch.ones(4, 3, requires_grad=True), torch.ones(5, 3, requires_grad=True)
    result = made(x, w).sum()
    with torch.no_grad():
        w.add_(1)
    with pytest.raises(RuntimeError, match=re.escape(saved + " is at version 1; expected version 0 instead.")):
        result.backward()


@pytest.mark.parametrize(
    "outputs, inputs, seeds, text",
    [
        (lambda x: torch.ones(1), lambda x: torch.ones(1), None, "element 0 of tensors does not require grad"),
        (lambda x: [x * 2, torch.ones(1)], lambda x: torch.ones(1), None, "element 1 of tensors does not require grad"),
        (lambda x: x.expand(2) * 2, lambda x: torch.ones(1), None, "grad can be implicitly created only for scalar"),
        (lambda x: x * 2, lambda x: torch.ones(1), None, "One of the differentiated Tensors does not require grad"),
        (lambda x: x * 2, lambda x: [], None, r"`inputs` argument to `grad\(\)` cannot be empty"),
        (lambda x: [x * 2, x * 3], lambda x: x, lambda: torch.ones(1), "got 2 tensors and 1 gradients"),
    ],
)
def test_what_is_wrong_with_outputs_is_said_before_what_is_wrong_with_inputs(outputs, inputs, seeds, text):
    x = torch.ones(1, requires_grad=True)
    with pytest.raises(RuntimeError, match=text):
        torch.autograd.grad(outputs(x), inputs(x), seeds and seeds())
