import jax.numpy as jnp
import numpy as np
import pytest

from funcgrad.optim.radam import _length


@pytest.mark.parametrize("beta2", [0.9, 0.99, 0.999, 0.9999])
@pytest.mark.parametrize("step", [1, 5, 6, 50, 500, 5000])
def test_the_length_keeps_float32_precision(beta2, step):
    """By its definition it is, at beta2 0.9999, a difference of about 5 between numbers near 20,000."""
    power = np.longdouble(beta2) ** step
    one = np.longdouble(1)
    exact = 2 / (one - beta2) - 1 - 2 * step * power / (one - power)
    np.testing.assert_allclose(_length(beta2, jnp.float32(step)), float(exact), rtol=2e-6)


def test_the_first_five_steps_are_plain_at_the_default_decay():
    lengths = [float(_length(0.999, jnp.float32(step))) for step in range(1, 7)]
    assert [length > 5 for length in lengths] == [False] * 5 + [True]
