import jax
import jax.numpy as jnp
import numpy as np
import pytest

from funcgrad.optim import MUON_RULE, muon
from funcgrad.optim.muon import fused


@pytest.mark.parametrize("shape", [(4, 4), (3, 8), (8, 3)])
def test_an_update_has_singular_values_near_the_learning_rate(shape):
    param = jnp.zeros(shape)
    grad = jax.random.normal(jax.random.key(0), shape)
    update, _ = MUON_RULE.update(grad, MUON_RULE.init(param), param, lr=1.0, adjust_lr_fn="original")
    scale = max(1, shape[0] / shape[1]) ** 0.5
    singular_values = np.linalg.svd(np.asarray(update) / scale, compute_uv=False)
    np.testing.assert_allclose(singular_values, 1.0, atol=0.5)  # the iteration stops there on purpose


def test_a_leaf_that_is_no_matrix_is_an_error():
    with pytest.raises(ValueError, match=r"^Muon only supports 2D parameters .* with size: \(3,\)$"):
        muon().init({"bias": jnp.ones(3)})


def test_a_product_and_a_sum_are_rounded_once():
    """What `torch.addmm` does in bfloat16; rounded twice, one matrix in a hundred would end elsewhere."""
    draw = np.random.default_rng(0).standard_normal
    x = np.float32(jnp.asarray(draw(20_000), jnp.bfloat16))
    addend, factor = draw(20_000).astype(np.float32), np.float32(-4.7)
    once = (np.float64(factor) * x + addend).astype(np.float32)
    np.testing.assert_array_equal(jax.jit(fused)(factor, x, addend), once)
    assert (factor * x + addend != once).mean() > 0.1
