"""Programs in which XLA on CPU would read beyond a factor are compiled without what does."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad.trace.misreading import compiled, misreads

pytestmark = pytest.mark.skipif(jax.default_backend() != "cpu", reason="a fault of XLA on CPU")
N = 200
X = np.linspace(-1, 1, N * N, dtype=np.float32).reshape(N, N)

FACTORS = {
    "a number": lambda numbers: jnp.full((N, N), numbers[0]),
    "a number computed": lambda numbers: jnp.full((N, N), numbers.sum() / N),
    "a column": lambda numbers: jnp.broadcast_to(numbers[:, None], (N, N)),
    "turned rows": lambda numbers: jnp.broadcast_to(numbers, (N, N)).T,
}


@pytest.mark.parametrize("factor", FACTORS.values(), ids=FACTORS)
def test_a_product_with_fewer_numbers(factor):
    def total(x, numbers):
        return jnp.square(x @ factor(numbers)).sum(0)

    numbers = np.linspace(1, 2, N, dtype=np.float32)
    lowered = jax.jit(total).lower(X, numbers)
    program = compiled(lowered)
    assert not misreads(program)
    known = np.square(X.astype(float) @ np.asarray(factor(jnp.asarray(numbers)), float)).sum(0)
    np.testing.assert_allclose(program(X, numbers), known, rtol=1e-4)


def test_other_products_are_left_alone():
    lowered = jax.jit(lambda x, y: jnp.square(x @ jnp.maximum(y, 0.5)).sum(0)).lower(X, X)
    assert not misreads(lowered.compile())


def test_a_recorded_product():
    x, exact = torch.from_numpy(X.copy()), X.astype(float).sum(1) * 0.5
    for _ in range(3):
        total = (x @ torch.full((N, N), 0.5)).square().sum()
        assert total.item() == pytest.approx((exact**2).sum() * N, rel=1e-4)
