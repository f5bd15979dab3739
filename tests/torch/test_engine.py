"""Gradients, by item of PyTorch's observed semantics (A to E): what `.grad` holds, and which texts backward raises."""

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


# A: retained gradients.


def test_item_9_a_retained_gradient_accumulates():
    x = leaf(1.0)
    y = x * 2
    y.retain_grad()
    for expected in (3, 6):
        (y * 3).sum().backward(retain_graph=True)
        assert y.grad.tolist() == [expected]
    assert y.retains_grad


def test_item_9_on_a_leaf_it_does_nothing():
    x = leaf(1.0)
    x.retain_grad()
    assert not x.retains_grad


def test_item_9_on_a_tensor_without_grad():
    with raises("can't retain_grad on Tensor that has requires_grad=False"):
        torch.ones(1).retain_grad()


@pytest.mark.parametrize("order", ["hook first", "retain first"])
def test_item_10_a_retained_gradient_sees_every_hook(order):
    y = leaf(1.0) * 2
    acts = [lambda: y.register_hook(lambda g: g * 10), y.retain_grad]
    for act in acts if order == "hook first" else acts[::-1]:
        act()
    (y * 3).sum().backward()
    assert y.grad.tolist() == [30]


def test_item_10_it_follows_the_tensor_through_in_place_changes():
    y = leaf(1.0) * 2
    y.retain_grad()
    y.mul_(5)
    (y * 3).sum().backward()
    assert y.grad.tolist() == [3]


def test_item_11_reading_the_gradient_of_a_non_leaf_warns():
    y = leaf(1.0) * 2
    text = "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be"
    with pytest.warns(UserWarning, match=f"^{re.escape(text)}"):
        assert y.grad is None


# B: None or zeros.


def test_item_13_a_gradient_is_none_until_backward():
    x = leaf(1.0)
    loss = (x * 2).sum()
    assert x.grad is None
    loss.backward()
    assert x.grad.tolist() == [2]


def test_item_14_zeros_for_a_zero_derivative_and_none_for_no_part():
    x, u, v = leaf(1.0, 2.0), leaf(1.0, 1.0), leaf(1.0)
    (x * 0 + u * 0).sum().backward()
    assert x.grad.tolist() == u.grad.tolist() == [0, 0]
    assert v.grad is None


def test_item_15_a_gradient_has_no_graph():
    x = leaf(1.0)
    (x * x).sum().backward()
    assert (x.grad.requires_grad, x.grad.is_leaf, x.grad.grad_fn) == (False, True, None)


def test_item_16_a_gradient_has_its_leafs_shape_and_dtype():
    row, column = torch.ones(1, 3, requires_grad=True), torch.ones(2, 1, requires_grad=True, dtype=torch.float64)
    low = torch.ones(3, requires_grad=True, dtype=torch.bfloat16)
    (row * column * low).sum().backward()
    for x in (row, column, low):
        assert (x.grad.shape, x.grad.dtype) == (x.shape, x.dtype)
    assert row.grad.tolist() == [[2, 2, 2]]
    assert column.grad.tolist() == [[3], [3]]


def test_item_17_deleting_is_setting_none():
    x = leaf(1.0)
    x.sum().backward()
    del x.grad
    assert x.grad is None
    with raises("'NoneType' object has no attribute 'zero_'", AttributeError):
        x.grad.zero_()


def test_item_18_an_empty_leaf_gets_an_empty_gradient():
    x = torch.zeros(0, requires_grad=True)
    x.sum().backward()
    assert x.grad.tolist() == []


# C: accumulation.


def test_item_19_backward_adds():
    w = leaf(1.0)
    for expected in (2, 4, 6):
        (w * 2).sum().backward()
        assert w.grad.tolist() == [expected]


def test_item_20_the_addition_is_in_place():
    w = leaf(1.0, 1.0)
    (w * 2).sum().backward()
    first = w.grad
    (w * 3).sum().backward()
    assert w.grad is first
    assert first.tolist() == [5, 5]


def test_item_21_zeroing_keeps_the_object_and_forgetting_does_not():
    w = leaf(1.0)
    (w * 2).sum().backward()
    kept = w.grad
    kept.zero_()
    (w * 3).sum().backward()
    assert kept.tolist() == [3]
    w.grad = None
    (w * 4).sum().backward()
    assert w.grad is not kept
    assert (kept.tolist(), w.grad.tolist()) == ([3], [4])


def test_item_22_an_assigned_gradient_is_the_users_tensor():
    w, seed = leaf(1.0, 2.0), torch.tensor([10.0, 20.0])
    w.grad = seed
    assert w.grad is seed
    w.sum().backward()
    assert seed.tolist() == [11, 21]


@pytest.mark.filterwarnings("ignore:Using backward.. with create_graph")
def test_item_23_with_create_graph_the_addition_is_out_of_place():
    w = leaf(2.0)
    (w**3).sum().backward(create_graph=True)
    first = w.grad
    assert repr(first) == "tensor([12.], grad_fn=<CopyBackwards>)"
    (w**3).sum().backward(create_graph=True)
    assert w.grad is not first
    assert (first.tolist(), w.grad.tolist()) == ([12], [24])
    assert w.grad.requires_grad
    w.grad = None


def test_item_25_a_leaf_used_twice_gets_one_sum():
    w, seen = leaf(1.0), []
    w.register_hook(lambda g: seen.append(g.item()))
    (w * 1 + w * 10).sum().backward()
    assert seen == [11]


def test_item_26_several_losses():
    def losses(w):
        return (w * 2).sum(), (w * w).sum()

    gradients = []
    for way in range(3):
        w = leaf(3.0)
        hidden = w * 1
        first, second = losses(hidden)
        if way == 0:
            first.backward(retain_graph=True)
            second.backward()
        elif way == 1:
            (first + second).backward()
        else:
            torch.autograd.backward([first, second])
        gradients.append(w.grad.item())
    assert gradients == [8, 8, 8]


def test_item_27_a_failed_backward_leaves_the_earlier_one():
    w = leaf(1.0)
    loss = (w * w).sum()
    loss.backward()
    with raises(TWICE):
        loss.backward()
    assert w.grad.tolist() == [2]


def test_a_leaf_keeps_what_reached_it_before_the_walk_failed():
    a, b = leaf(2.0), leaf(3.0)
    hidden = (b * b).sum()
    hidden.backward()
    loss = (hidden * a).sum()
    with raises(TWICE):
        loss.backward()
    assert a.grad.tolist() == [9]
    assert b.grad.tolist() == [6]


def test_item_28_scaled_micro_batches_are_the_full_batch():
    x, y = torch.linspace(-1, 1, 12).reshape(6, 2), torch.linspace(0, 1, 6).reshape(6, 1)
    full, parts = torch.zeros(2, 1, requires_grad=True), torch.zeros(2, 1, requires_grad=True)
    ((x @ full - y) ** 2).mean().backward()
    for k in range(3):
        (((x[2 * k : 2 * k + 2] @ parts - y[2 * k : 2 * k + 2]) ** 2).mean() / 3).backward()
    np.testing.assert_allclose(parts.grad.numpy(), full.grad.numpy(), rtol=1e-6)


def test_item_29_never_clearing_is_momentum_one():
    ends = []
    for momentum in (0, 1.0):
        w = leaf(4.0)
        optimizer = torch.optim.SGD([w], lr=0.1, momentum=momentum)
        for _ in range(8):
            if momentum:
                optimizer.zero_grad()
            ((w - 1) ** 2).sum().backward()
            optimizer.step()
        ends.append(w.item())
    np.testing.assert_allclose(ends, -1.36966, rtol=1e-5)


def test_item_30_a_step_does_not_clear():
    w = leaf(1.0)
    optimizer = torch.optim.SGD([w], lr=0.1)
    (w * 2).sum().backward()
    for expected in (0.8, 0.6):
        optimizer.step()
        np.testing.assert_allclose(w.item(), expected, rtol=1e-6)


# D: assigning.


@pytest.mark.parametrize(
    "given, kind, text",
    [
        (lambda w: torch.ones(3), RuntimeError, "attempting to assign a gradient of size '[3]' to a tensor of size '[2]'. Please ensure that the gradient and the tensor are the same size"),
        (lambda w: [1.0], TypeError, "assigned grad expected to be a Tensor or None but got grad of type list"),
        (lambda w: w, RuntimeError, "can't assign Variable as its own grad"),
    ],
)  # fmt: skip
def test_items_36_and_38_what_a_gradient_cannot_be(given, kind, text):
    w = leaf(1.0, 2.0)
    with raises(text, kind):
        w.grad = given(w)


@pytest.mark.parametrize("dtype, name", [(torch.float64, "double"), (torch.int64, "long int")])
def test_item_37_another_dtype(dtype, name):
    w = leaf(1.0, 2.0)
    text = f"attempting to assign a gradient with dtype '{name}' to a tensor with grad_dtype 'Float'. The gradient must"
    with pytest.raises(RuntimeError, match=f"^{re.escape(text)}"):
        w.grad = torch.ones(2, dtype=dtype)


def test_item_38_gradients_that_are_accepted():
    w, plain = leaf(1.0), torch.ones(1)
    w.grad = leaf(5.0)
    assert w.grad.requires_grad
    plain.grad = torch.ones(1)
    assert plain.grad.tolist() == [1]


# E: backward and autograd.grad.


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_item_40_one_element_is_a_scalar(shape):
    x = torch.ones(shape, requires_grad=True)
    (x * 2).backward()
    assert x.grad.shape == shape


def test_item_40_several_elements_need_a_gradient():
    with raises("grad can be implicitly created only for scalar outputs"):
        (leaf(1.0, 2.0) * 2).backward()


def test_item_41_a_gradient_of_another_shape():
    with raises(
        "Mismatch in shape: grad_output[0] has a shape of torch.Size([2]) and output[0] has a shape of torch.Size([3])."
    ):
        (torch.ones(3, requires_grad=True) * 2).backward(torch.ones(2))
    with pytest.raises(RuntimeError, match=re.escape("torch.Size([1]) and output[0] has a shape of torch.Size([]).")):
        leaf(1.0).sum().backward(torch.ones(1))


@pytest.mark.parametrize(
    "make",
    [
        lambda x: torch.ones(()),
        lambda x: x.sum().detach(),
        lambda x: x.argmax().sum(),
        lambda x: x.int().sum(),
    ],
)
def test_item_42_no_graph(make):
    with raises("element 0 of tensors does not require grad and does not have a grad_fn"):
        make(leaf(1.0, 2.0)).backward()


def test_item_43_backward_on_a_leaf():
    x = torch.tensor(2.0, requires_grad=True)
    x.backward()
    assert x.grad.item() == 1
    x.backward(torch.tensor(5.0))
    assert x.grad.item() == 6


def test_item_44_inputs_choose_who_accumulates():
    a, b = leaf(1.0), leaf(2.0)
    y = a * b
    (y * 3).sum().backward(inputs=[a, y])
    assert (a.grad.tolist(), b.grad) == ([6], None)
    assert y.grad.tolist() == [3]
    with raises("`inputs` argument to `backward()` cannot be empty."):
        (a * b).sum().backward(inputs=[])


@pytest.mark.parametrize("loss_of", [lambda x: (x * x).sum(), lambda x: (x * 2).sum(), lambda x: x.exp().sum()])
def test_item_45_a_second_backward(loss_of):
    loss = loss_of(leaf(1.0, 2.0))
    loss.backward()
    with raises(TWICE):
        loss.backward()


@pytest.mark.parametrize(
    "loss_of", [lambda x: (x + 1).sum(), lambda x: (-x[0]).sum(), lambda x: torch.cat([x, x]).sum()]
)
def test_item_46_only_nodes_that_saved_something_complain(loss_of):
    x = leaf(1.0, 2.0)
    loss = loss_of(x)
    loss.backward()
    first = x.grad.tolist()
    loss.backward()
    assert x.grad.tolist() == [2 * g for g in first]


def test_item_47_grad_returns_a_tuple_and_touches_nothing():
    x = leaf(3.0)
    loss = (x * x).sum()
    (g,) = torch.autograd.grad(loss, x)
    assert (g.tolist(), x.grad) == ([6], None)
    with raises(TWICE):
        torch.autograd.grad(loss, x)


UNUSED = (
    "The differentiated Tensor at index 1 appears to not have been used in the graph. Set allow_unused=True if this is "
    "the desired behavior."
)
CONTRADICTION = (
    "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
)


def test_item_48_unused_inputs():
    x, u = leaf(1.0), leaf(1.0)
    with raises(UNUSED):
        torch.autograd.grad((x * 2).sum(), (x, u))
    assert torch.autograd.grad((x * 2).sum(), (x, u), allow_unused=True)[1] is None
    assert torch.autograd.grad((x * 2).sum(), (x, u), materialize_grads=True)[1].tolist() == [0]
    with raises(CONTRADICTION, ValueError):
        torch.autograd.grad((x * 2).sum(), (x, u), allow_unused=False, materialize_grads=True)


def test_item_49_an_input_that_needs_no_gradient():
    x = leaf(1.0)
    with raises("One of the differentiated Tensors does not require grad"):
        torch.autograd.grad((x * 2).sum(), torch.ones(1))


def test_item_50_grad_outputs_and_several_outputs():
    x = leaf(1.0, 2.0, 3.0)
    (g,) = torch.autograd.grad(x**2, x, torch.tensor([1.0, 10.0, 100.0]))
    assert g.tolist() == [2, 40, 600]
    (g,) = torch.autograd.grad([(x**2).sum(), (x * 5).sum()], x)
    assert g.tolist() == [7, 9, 11]


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


def test_item_51_a_linear_functions_gradient_needs_no_graph():
    x = leaf(1.0)
    (g,) = torch.autograd.grad((x * 2).sum(), x, create_graph=True)
    assert not g.requires_grad


def test_item_52_gradient_penalty():
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1))
    x = torch.ones(4, 2, requires_grad=True)
    (g,) = torch.autograd.grad(model(x).sum(), x, create_graph=True)
    ((g.pow(2).sum(1).sqrt() - 1) ** 2).mean().backward()
    assert model[2].bias.grad is None
    assert model[2].weight.grad is not None
    assert x.grad is not None


def test_item_53_grad_runs_hooks_but_not_those_after_accumulation():
    x, calls = leaf(1.0), []
    x.register_hook(lambda g: calls.append("hook"))
    x.register_post_accumulate_grad_hook(lambda p: calls.append("post"))
    torch.autograd.grad((x * 2).sum(), x)
    assert calls == ["hook"]


# Anomaly mode.


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
