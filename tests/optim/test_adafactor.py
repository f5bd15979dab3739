import jax
import jax.numpy as jnp
import numpy as np
import pytest

from funcgrad.optim import ADAFACTOR_RULE, adafactor


@pytest.mark.parametrize("dtype, unit", [("float32", 1.0), ("bfloat16", 1e-3 / 2**-7)])
def test_the_least_root_is_the_machine_epsilon_of_the_parameter(dtype, unit):
    param = jnp.zeros(3, dtype)
    update, _ = ADAFACTOR_RULE.update(jnp.full_like(param, 1e-3), ADAFACTOR_RULE.init(param), param)
    np.testing.assert_allclose(update.astype(float), -1e-5 * unit, rtol=0.01 if dtype == "bfloat16" else 1e-5)


def test_matrices_keep_means_and_vectors_all_of_their_second_moment():
    state = adafactor().init({"bias": jnp.ones(3), "weight": jnp.ones((4, 3)), "stack": jnp.ones((2, 4, 3))})
    shapes = [jax.tree.map(jnp.shape, field) for field in (state.row_var, state.col_var, state.variance)]
    assert shapes == [
        {"bias": None, "weight": (4, 1), "stack": (2, 4, 1)},
        {"bias": None, "weight": (1, 3), "stack": (2, 1, 3)},
        {"bias": (3,), "weight": None, "stack": None},
    ]
