import math

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcgrad.optim import clip_by_global_norm, clip_by_value, clip_grad_norm, clip_grad_value, global_norm

GRADS = {"a": jnp.array([3.0, 0.5]), "b": jnp.array([4.0]), "c": jnp.array([[-1.0, 2.0], [0.25, -0.125]])}
finite = st.floats(-100.0, 100.0, width=32)


# Norms that torch.nn.utils.clip_grad_norm_ of PyTorch 2.13 returned for GRADS.
@pytest.mark.parametrize(
    "norm_type, expected",
    [
        (2.0, 5.5070977210998535),
        (1.0, 10.875),
        (3.0, 4.643794059753418),
        (0.5, 59.39668273925781),
        (math.inf, 4.0),
        (0.0, 3.0),
        (-1.0, 0.062176164239645004),
        (-math.inf, 0.125),
    ],
)
def test_norms_of_every_order_equal_pytorchs(norm_type, expected):
    np.testing.assert_allclose(global_norm(GRADS, norm_type), expected, rtol=1e-6)


def test_pytorchs_epsilon_shrinks_a_clipped_gradient_a_little_more():
    clipped, norm = clip_grad_norm([jnp.array([3.0, 0.0]), jnp.array([4.0])], 1.0)
    assert float(norm) == 5.0
    chex.assert_trees_all_close(clipped, [np.float32([0.59999990, 0.0]), np.float32([0.79999983])], rtol=1e-7)
    at_the_limit, _ = clip_grad_norm(jnp.array([3.0, 4.0]), 5.0)
    assert at_the_limit.tolist() == [2.9999992847442627, 3.9999990463256836]


def test_a_gradient_below_the_limit_is_untouched():
    clipped, _ = clip_grad_norm(GRADS, 100.0)
    chex.assert_trees_all_equal(clipped, GRADS)


def test_bfloat16_keeps_its_dtype_and_pytorchs_rounding():
    clipped, norm = clip_grad_norm([jnp.array([3.0, 0.5], jnp.bfloat16), jnp.array([4.0], jnp.bfloat16)], 1.0)
    assert (norm.dtype, float(norm)) == (jnp.bfloat16, 5.03125)
    assert [leaf.tolist() for leaf in clipped] == [[0.59765625, 0.099609375], [0.796875]]


def test_mixed_dtypes_give_the_widest_norm_and_keep_their_own():
    clipped, norm = clip_grad_norm([jnp.ones(3, jnp.bfloat16), jnp.ones(1)], 1.0)
    assert (norm.dtype, [leaf.dtype for leaf in clipped]) == (jnp.float32, [jnp.bfloat16, jnp.float32])


def test_an_infinite_norm_gives_zeros_and_a_nan():
    clipped, norm = clip_grad_norm([jnp.array([3.0, math.inf]), jnp.array([4.0])], 1.0)
    assert float(norm) == math.inf
    chex.assert_trees_all_equal(clipped, [np.float32([0.0, math.nan]), np.float32([0.0])])


def test_no_leaves_and_empty_leaves():
    assert global_norm({}).item() == 0.0
    for norm_type in (2.0, math.inf):
        assert global_norm([jnp.zeros((0, 2)), jnp.array([4.0])], norm_type).item() == 4.0


def test_clipping_by_value_limits_each_element():
    clipped = clip_grad_value({"w": jnp.array([-3.0, 0.25, math.inf, math.nan])}, 1.0)
    np.testing.assert_array_equal(clipped["w"], [-1.0, 0.25, 1.0, math.nan])


def test_transformations_are_the_functions_in_a_chain():
    chain = optax.chain(clip_by_value(2.0), clip_by_global_norm(1.0))
    updates, _ = jax.jit(chain.update)(GRADS, chain.init(GRADS))
    expected, _ = clip_grad_norm(clip_grad_value(GRADS, 2.0), 1.0)
    chex.assert_trees_all_close(updates, expected, rtol=1e-6)


def test_the_limit_may_be_an_argument_of_the_program():
    chex.clear_trace_counter()
    clip = jax.jit(chex.assert_max_traces(clip_grad_norm, n=1))
    for limit in (1.0, 2.0):
        chex.assert_trees_all_close(clip(GRADS, jnp.asarray(limit)), clip_grad_norm(GRADS, limit), rtol=1e-6)


@given(
    st.lists(finite, min_size=1, max_size=5), st.floats(0.125, 50.0, width=32), st.sampled_from([1.0, 2.0, math.inf])
)
def test_a_clipped_gradient_keeps_its_direction_and_the_limit(elements, max_norm, norm_type):
    grads = [jnp.array([element]) for element in elements]
    clipped, norm = clip_grad_norm(grads, max_norm, norm_type)
    assert float(global_norm(clipped, norm_type)) <= max_norm * (1 + 1e-6)
    ratio = min(1.0, max_norm / (float(norm) + 1e-6))
    chex.assert_trees_all_close(clipped, [grad * ratio for grad in grads], rtol=1e-5, atol=1e-6)
