"""torch.func on functions whose derivatives are known."""

import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad.torch.func import (
    functional_call,
    grad,
    grad_and_value,
    hessian,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    vjp,
    vmap,
)

X = [1.0, 2.0, 3.0]


def squares(x):
    return (x**2).sum()


def with_more(x):
    return squares(x), {"more": x + 1}


def test_grad_and_its_value():
    assert grad(squares)(torch.tensor(X)).tolist() == [2.0, 4.0, 6.0]
    found, value = grad_and_value(squares)(torch.tensor(X))
    assert (found.tolist(), value.item(), value.requires_grad) == ([2.0, 4.0, 6.0], 14.0, False)


def test_by_several_arguments_and_with_more_results():
    by_both = grad(lambda x, y: (x * y).sum(), argnums=(0, 1))
    assert [g.tolist() for g in by_both(torch.tensor(X), torch.ones(3))] == [[1.0, 1.0, 1.0], X]
    found, more = grad(with_more, has_aux=True)(torch.tensor(X))
    assert (found.tolist(), more["more"].tolist()) == ([2.0, 4.0, 6.0], [2.0, 3.0, 4.0])


def test_dicts_keep_their_order():
    parameters = {"b": torch.tensor(2.0), "a": torch.tensor(3.0)}
    found = grad(lambda p: p["a"] * p["b"])(parameters)
    assert [(name, g.item()) for name, g in found.items()] == [("b", 3.0), ("a", 2.0)]
    batched = vmap(lambda x: {"z": x, "a": 2 * x})(torch.tensor(X))
    assert list(batched) == ["z", "a"]


def test_vjp():
    value, pull = vjp(lambda x: x**2, torch.tensor(X))
    assert value.tolist() == [1.0, 4.0, 9.0]
    assert pull(torch.tensor([1.0, 0.0, 10.0]))[0].tolist() == [2.0, 0.0, 60.0]


@pytest.mark.parametrize("jacobian_of", [jacrev, jacfwd])
def test_jacobian(jacobian_of):
    def product(x, y):
        return x * y

    x, y = torch.tensor(X), torch.full((3,), 5.0)
    np.testing.assert_array_equal(jacobian_of(product)(x, y).numpy(), 5 * np.eye(3))
    by_x, by_y = jacobian_of(product, argnums=(0, 1))(x, y)
    np.testing.assert_array_equal([by_x.numpy(), by_y.numpy()], [5 * np.eye(3), np.diag(X)])
    found, more = jacobian_of(lambda x: (2 * x, x + 1), has_aux=True)(x)
    np.testing.assert_array_equal(found.numpy(), 2 * np.eye(3))
    assert (more.tolist(), more.requires_grad) == ([2.0, 3.0, 4.0], False)


def test_hessian():
    np.testing.assert_array_equal(hessian(lambda x: (x**3).sum())(torch.tensor(X)).numpy(), np.diag([6.0, 12.0, 18.0]))


def test_vmap_places_the_batch():
    x = torch.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(vmap(lambda row: row.sum())(x).numpy(), [3.0, 12.0])
    np.testing.assert_array_equal(vmap(lambda c: 2 * c, in_dims=1, out_dims=1)(x).numpy(), 2 * x.numpy())
    scaled = vmap(lambda row, factor: row * factor, in_dims=(0, None))(x, torch.tensor(3.0))
    np.testing.assert_array_equal(scaled.numpy(), 3 * x.numpy())


def test_gradient_of_each_sample():
    model = torch.nn.Linear(2, 1, bias=False)
    parameters = {name: p.detach() for name, p in model.named_parameters()}

    def loss(parameters, x):
        return functional_call(model, parameters, (x,)).sum()

    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    found = vmap(grad(loss), in_dims=(None, 0))(parameters, x)
    assert found["weight"].tolist() == [[[1.0, 2.0]], [[3.0, 4.0]]]
    assert model.weight.grad is None


def test_a_function_that_gives_no_number_is_refused():
    with pytest.raises(RuntimeError, match=r"Expected f\(\*args\) to return a scalar Tensor, got tensor with 1 dims"):
        grad(lambda x: x)(torch.tensor(X))


def test_jvp_and_linearize():
    x, v = torch.tensor(X), torch.tensor([1.0, 0.0, 2.0])
    value, product = jvp(lambda x: x**2, (x,), (v,))
    assert (value.tolist(), product.tolist(), product.requires_grad) == ([1.0, 4.0, 9.0], [2.0, 0.0, 12.0], False)
    value, along = linearize(lambda x: {"y": x**3}, x)
    assert value["y"].tolist() == [1.0, 8.0, 27.0]
    assert along(v)["y"].tolist() == [3.0, 0.0, 54.0]


def test_results_that_depend_on_captured_tensors_keep_their_graph():
    w = torch.tensor(2.0, requires_grad=True)
    slope = grad(lambda x: (w * x**2).sum())(torch.tensor(X))
    assert slope.requires_grad
    slope.sum().backward()
    assert w.grad.item() == 12.0
    assert not grad(squares)(torch.tensor(X)).requires_grad


def test_without_gradients_around_it_a_transform_records_nothing_outside():
    w = torch.ones(3, requires_grad=True)

    def f(x):
        return (x * x * w).sum()

    @torch.no_grad()
    def frozen(x):
        value, pull = vjp(f, x)
        product = jvp(f, (x,), (x,))[1]
        return [grad(f)(x).sum(), value, pull(torch.ones(()))[0].sum(), product, jacrev(f)(x).sum()]

    results = frozen(w)
    assert not any(x.requires_grad for x in results)
    assert [x.item() for x in results] == [6, 3, 6, 6, 6]
    assert grad(f)(w).requires_grad
    assert grad(lambda x: frozen(x)[0])(w.detach()).tolist() == [0, 0, 0]


def test_an_ensemble():
    models = [torch.nn.Linear(2, 1) for _ in range(3)]
    parameters, buffers = torch.func.stack_module_state(models)
    assert (parameters["weight"].shape, parameters["weight"].requires_grad, buffers) == ((3, 1, 2), True, {})
    x = torch.tensor([[1.0, 2.0]])
    each = vmap(lambda p: functional_call(models[0], p, (x,)))(parameters)
    np.testing.assert_array_equal(each.detach(), torch.stack([model(x) for model in models]).detach())


@pytest.mark.parametrize("randomness, are_equal", [("different", False), ("same", True)])
def test_random_numbers_of_each_item(randomness, are_equal):
    torch.manual_seed(0)
    drawn = vmap(lambda x: torch.rand(3) + x, randomness=randomness)(torch.zeros(2, 3))
    assert torch.equal(drawn[0], drawn[1]) == are_equal
    torch.manual_seed(0)
    assert torch.equal(drawn[0], torch.rand(3))


def test_batches_that_do_not_fit_are_refused():
    x = torch.ones(2, 3)
    with pytest.raises(ValueError, match=r"same size in the mapped dimension, got sizes \[2, 3\]"):
        vmap(lambda a, b: a)(x, x[0])
    with pytest.raises(RuntimeError, match="called random operation while in randomness error mode"):
        vmap(lambda a: torch.rand_like(a))(x)
    with pytest.raises(ValueError, match="in_dims is not compatible with the structure of `inputs`"):
        vmap(lambda a, b: a, in_dims=(0,))(x, x)
