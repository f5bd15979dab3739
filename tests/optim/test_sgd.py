import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
from hypothesis import given
from hypothesis import strategies as st

from funcgrad.optim import SGD_RULE, SGDState, sgd


def _run(optimizer, param, grads):
    param = jnp.asarray(param)
    state = optimizer.init(param)
    for grad in grads:
        updates, state = optimizer.update(jnp.asarray(grad), state, param)
        param = optax.apply_updates(param, updates)
    return param, state


def test_a_zero_gradient_is_a_real_step():
    decayed, _ = _run(sgd(0.1, weight_decay=0.5), 0.75, [0.0])
    np.testing.assert_allclose(decayed, 0.7125, rtol=1e-6)
    coasted, _ = _run(sgd(0.1, momentum=0.9), 1.0, [2.0, 0.0])
    np.testing.assert_allclose(coasted, 0.62, rtol=1e-6)


def test_the_first_momentum_buffer_is_not_dampened():
    _, state = _run(sgd(0.1, momentum=0.9, dampening=0.5), 1.0, [2.0])
    np.testing.assert_array_equal(state.momentum_buffer, 2.0)
    _, state = _run(sgd(0.1, momentum=0.9, dampening=0.5), 1.0, [2.0, 2.0])
    np.testing.assert_allclose(state.momentum_buffer, 0.9 * 2 + 0.5 * 2, rtol=1e-6)


def test_the_learning_rate_multiplies_the_whole_buffer():
    """optax stores the rate in its trace; PyTorch does not, so a rate of 0 stops a moving parameter."""
    param, _ = _run(sgd(lambda count: jnp.where(count == 0, 0.1, 0.0), momentum=0.9), 1.0, [2.0, 0.0])
    np.testing.assert_allclose(param, 0.8, rtol=1e-6)


def test_in_bfloat16_the_rate_is_rounded_and_what_is_beyond_a_block_of_32_is_too():
    grads = np.float32(1.003) * np.arange(1, 64, dtype=np.float32)
    param, _ = _run(sgd(0.1), jnp.zeros(63, jnp.bfloat16), [grads])
    np.testing.assert_array_equal(param, (-np.float32(jnp.bfloat16(0.1)) * grads).astype(jnp.bfloat16))


def test_without_momentum_there_is_no_state():
    assert jax.tree.leaves(sgd(0.1).init({"w": jnp.ones(3)})) == []
    assert SGD_RULE.to_dict(SGDState()) == {}


def test_the_state_dict_holds_pytorchs_key_alone():
    state = SGD_RULE.init(jnp.ones(3), momentum=0.9, dampening=0.5)
    assert list(SGD_RULE.to_dict(state)) == ["momentum_buffer"]


def test_optax_finds_the_buffer_by_name():
    state = optax.chain(optax.clip(1.0), sgd(0.1, momentum=0.9)).init({"w": jnp.ones(3)})
    chex.assert_trees_all_equal(optax.tree.get(state, "momentum_buffer"), {"w": jnp.zeros(3)})


def test_momentum_may_follow_a_schedule():
    param, _ = _run(sgd(0.1, momentum=lambda count: 0.9 - 0.1 * count.astype(float)), 1.0, [2.0, 0.0])
    np.testing.assert_allclose(param, 1.0 - 0.1 * 2.0 - 0.1 * 0.8 * 2.0, rtol=1e-6)


def test_hyperparameters_can_be_injected():
    optimizer = optax.inject_hyperparams(sgd)(learning_rate=0.1, momentum=0.9)
    param, _ = _run(optimizer, 1.0, [2.0, 0.0])
    np.testing.assert_allclose(param, 0.62, rtol=1e-6)


@given(scale=st.floats(0.125, 8.0, width=32), momentum=st.floats(0.0, 0.99), steps=st.integers(1, 4))
def test_without_decay_the_path_is_linear_in_the_gradients(scale, momentum, steps):
    grads = np.cos(np.arange(steps, dtype=np.float32))
    optimizer = sgd(0.1, momentum=momentum)
    once, _ = _run(optimizer, 0.0, grads)
    scaled, _ = _run(optimizer, 0.0, scale * grads)
    np.testing.assert_allclose(scaled, scale * once, rtol=1e-5, atol=1e-6)


@given(momentum=st.floats(0.0, 0.99), weight_decay=st.floats(0.0, 0.5))
def test_maximize_climbs_what_minimize_descends(momentum, weight_decay):
    grads = np.cos(np.arange(4, dtype=np.float32))
    options = {"momentum": momentum, "weight_decay": weight_decay}
    down, _ = _run(sgd(0.1, **options), 1.0, grads)
    up, _ = _run(sgd(0.1, **options, maximize=True), 1.0, -grads)
    np.testing.assert_array_equal(down, up)
