"""Products with gradients of their own: those of `@`, in both modes, and in batches."""

import jax
import numpy as np
import pytest

from funcgrad.torch._ops.products import product, project, weight_gradient

FUNCTIONS = {"product": (product, lambda a, b: a @ b), "project": (project, lambda rows, weight: rows @ weight.T)}
SHAPES = [(5, 3, 4), (5, 4, 3), (3, 5, 6), (3, 6, 5), (1, 2, 3), (4, 1, 1), (64, 32, 16), (64, 16, 32)]
"""Rows, inputs, outputs."""


def operands(name, shape, *batch):
    """Two factors and a cotangent."""
    rows, inputs, outputs = shape
    factor = (inputs, outputs) if name == "product" else (outputs, inputs)
    shapes = [(rows, inputs), factor, (rows, outputs)]
    return [np.random.default_rng(k).normal(size=(*batch, *s)).astype(np.float32) for k, s in enumerate(shapes)]


def backward(function):
    return lambda a, b, cotangent: jax.vjp(function, a, b)[1](cotangent)


def forward(function):
    return lambda a, b, _: jax.jvp(function, (a, b), (a + 1, b - 1))


def assert_equal(ours, plain):
    for x, y in zip(ours, plain, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("mode", [backward, forward])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_are_those_of_the_plain_product(name, shape, mode):
    given = operands(name, shape)
    ours, plain = map(mode, FUNCTIONS[name])
    assert_equal(jax.jit(ours)(*given), plain(*given))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_batch_is_computed_too(name, shape):
    given = operands(name, shape, 2)
    ours, plain = map(backward, FUNCTIONS[name])
    assert_equal(jax.jit(jax.vmap(ours))(*given), jax.vmap(plain)(*given))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_gradient_of_a_weight(shape):
    rows, _, cotangent = operands("project", shape)
    assert_equal([jax.jit(weight_gradient)(rows, cotangent)], [cotangent.T @ rows])
