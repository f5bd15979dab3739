import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from funcgrad.optim import ADAM_RULE, adam, adamw


def _step(optimizer, param, *grads):
    param = jnp.asarray(param)
    state = optimizer.init(param)
    for grad in grads:
        updates, state = optimizer.update(jnp.asarray(grad), state, param)
        param = optax.apply_updates(param, updates)
    return param, state


def test_epsilon_is_added_after_the_bias_corrected_root():
    param, _ = _step(adam(0.1, eps=1.0), 1.0, 3.0)
    np.testing.assert_allclose(param, 1 - 0.1 * 3 / 4, rtol=1e-6)


def test_a_zero_gradient_is_a_real_step():
    param, _ = _step(adam(0.1), 1.0, 2.0, 0.0)
    np.testing.assert_allclose(param, 0.832994, rtol=1e-6)


def test_the_first_steps_keep_float32_precision():
    """1 - 0.999 in float32 is off by 5e-5; by the logarithm it is not, so the first step is the learning rate."""
    param, _ = _step(adam(0.5, eps=0.0), 0.0, 3.0)
    np.testing.assert_allclose(param, -0.5, rtol=2e-7)


def test_decoupled_decay_is_adamw():
    by_flag, _ = _step(adam(0.1, weight_decay=0.5, decoupled_weight_decay=True), 1.0, 2.0, -1.0)
    by_name, _ = _step(adamw(0.1, weight_decay=0.5), 1.0, 2.0, -1.0)
    np.testing.assert_array_equal(by_flag, by_name)
    shrunk, _ = _step(adamw(0.1, weight_decay=0.5), 1.0, 0.0)
    np.testing.assert_allclose(shrunk, 1 - 0.1 * 0.5, rtol=1e-6)


def test_amsgrad_keeps_the_largest_average():
    _, state = _step(adam(0.1, amsgrad=True), 1.0, 2.0, 0.0)
    np.testing.assert_allclose(state.max_exp_avg_sq, 0.001 * 4, rtol=1e-6)
    np.testing.assert_allclose(state.exp_avg_sq, 0.001 * 4 * 0.999, rtol=1e-6)


def test_parameters_may_be_at_different_steps():
    """A rule counts in the state of its own parameter, as PyTorch does when some gradients are None."""
    param = jnp.asarray(1.0)
    early = ADAM_RULE.init(param)
    _, late = ADAM_RULE.update(param, early, param)
    assert [ADAM_RULE.update(param, state, param)[1].step.item() for state in (early, late)] == [1.0, 2.0]
    assert late.step.dtype == jnp.float32


def test_the_state_dict_has_pytorchs_keys():
    state = ADAM_RULE.init(jnp.ones(3), amsgrad=True)
    assert list(ADAM_RULE.to_dict(state)) == ["step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"]
    assert list(ADAM_RULE.to_dict(ADAM_RULE.init(jnp.ones(3)))) == ["step", "exp_avg", "exp_avg_sq"]


def test_one_step_count_serves_the_whole_tree():
    params = {"a": jnp.ones(3), "b": jnp.ones(2)}
    assert adam().init(params).step.shape == ()


@pytest.mark.parametrize("options", [{}, {"amsgrad": True}], ids=str)
@pytest.mark.parametrize("make", [adam, adamw])
def test_the_first_state_can_be_donated(make, options):
    optimizer, params = make(0.1, **options), {"w": jnp.ones(3), "b": jnp.ones(())}
    update = jax.jit(optimizer.update, donate_argnums=1)
    _, state = update(params, optimizer.init(params), params)
    assert int(state.step) == 1
