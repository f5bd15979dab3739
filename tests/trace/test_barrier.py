"""What XLA must not undo: values as without the barrier, in every way of differentiating, and a sum computed once."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from funcgrad.trace import shared

X = jnp.linspace(-1, 2, 24).reshape(2, 12)


def plain(x):
    return x


def shifted_sum(barrier, x):
    return barrier(sum(jnp.sin(x[:, k : k + 4]) for k in range(8)))


def products(barrier, x):
    """Many readers of one sum."""
    total = shifted_sum(barrier, x)
    return [jnp.sum(total * x[:, k : k + 4]) for k in range(8)]


@pytest.mark.parametrize(
    "way",
    [
        lambda f: f(X),
        lambda f: jax.jit(f)(X),
        lambda f: jax.jit(jax.grad(lambda x: f(x).sum()))(X),
        lambda f: jax.jit(lambda x: jax.jvp(f, (x,), (x + 1,)))(X),
        lambda f: jax.jit(jax.vmap(lambda row: f(row[None])))(X),
        lambda f: jax.jit(jax.hessian(lambda x: (f(x) ** 2).sum()))(X),
    ],
)
def test_values_are_those_without_it(way):
    chex.assert_trees_all_close(way(lambda x: shifted_sum(shared, x)), way(lambda x: shifted_sum(plain, x)), rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.complex64, np.int32, np.uint8])
def test_every_dtype(dtype):
    with jax.enable_x64(True):
        x = jnp.arange(6).astype(dtype)
        chex.assert_trees_all_equal(jax.jit(lambda x: shared(x + x))(x), x + x)


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="elsewhere XLA decides well")
def test_a_sum_with_many_readers_is_computed_once():
    def sines(barrier):
        return jax.jit(lambda x: products(barrier, x)).lower(X).compile().as_text().count(" sine(")

    assert sines(shared) == 8
    assert sines(plain) > 8
