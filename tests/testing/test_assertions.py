import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from training import make_batch, make_params, mean_loss, sum_loss

import funcgrad.torch as torch
from funcgrad.testing import (
    assert_accumulation_invariant,
    assert_compiles_once,
    assert_gradients_are_fresh,
    assert_loss_scale_invariant,
    assert_no_leak,
    assert_order_equivalent,
    assert_same_on_devices,
    assert_step_is_pure,
)
from funcgrad.testing.strategies import splits
from funcgrad.train import Accumulated, LossScale, TrainState, evaluate, make_eval_step, make_train_step, weighted_sum

OPTIMIZER = optax.adam(0.1)
STEP = make_train_step(sum_loss, OPTIMIZER)
PARAMS, BATCH = make_params(), make_batch(8)
BATCHES = [make_batch(8, seed=seed) for seed in range(3)]


def make_state():
    return TrainState.create(PARAMS, OPTIMIZER, rng=None, loss_scale=LossScale.dynamic(8.0))


class Piling:
    """A step that does what `.grad` does without zero_grad: what earlier calls left is in this one."""

    def __init__(self):
        self.grad = 0.0

    def __call__(self, w, x):
        self.grad += 2 * (w - x)
        return w - 0.1 * self.grad, {}


def test_the_steps_of_funcgrad_hold():
    state = make_state()
    assert_step_is_pure(STEP, state, BATCH)
    assert_gradients_are_fresh(STEP, state, BATCHES)
    assert_compiles_once(STEP, state, BATCHES)
    metrics = make_eval_step(sum_loss)
    assert_no_leak(STEP, lambda state: evaluate(metrics, state, BATCHES), state, BATCHES)
    assert int(state.step) == 0


def test_a_step_with_a_memory_of_its_own_is_found():
    with pytest.raises(AssertionError, match=r"Two calls with equal arguments differ.*0\.6.* and 0\.8.*1 of 1"):
        assert_step_is_pure(Piling(), jnp.float32(1), 0.0)
    with pytest.raises(AssertionError, match=r"gradients pile up outside of the state"):
        assert_gradients_are_fresh(Piling(), jnp.float32(1), [0.0, 1.0])


def test_a_step_that_writes_into_its_batch_is_found():
    def step(state, batch):
        batch += 1
        return state, {}

    with pytest.raises(AssertionError, match="changed the batch it was given"):
        assert_step_is_pure(step, jnp.float32(1), np.zeros(2))


def test_evaluation_that_leaks_is_found():
    step = Piling()
    assert_no_leak(lambda w, x: (w - 0.2 * (w - x), {}), lambda w: None, jnp.float32(1), [0.0, 1.0])
    calls = []

    def counting(w, x):
        return w - x - len(calls), {}

    with pytest.raises(AssertionError, match=r"evaluation leaves gradients, statistics or draws behind"):
        assert_no_leak(counting, calls.append, jnp.float32(1), [0.0, 1.0])
    assert step.grad == 0.0


def test_a_second_compilation_is_found_and_told_why():
    ragged = [make_batch(8), make_batch(7)]
    with pytest.raises(AssertionError, match=r"Batch 1 compiled a program of its own.*float32\[7, 5\].*weight 0"):
        assert_compiles_once(make_train_step(sum_loss, OPTIMIZER), make_state(), ragged)
    with pytest.raises(TypeError, match=r"expected a function under jax\.jit"):
        assert_compiles_once(lambda state, batch: (state, {}), 1.0, [])


@settings(deadline=None, max_examples=6)
@given(splits(8))
def test_sums_add_up_over_any_split(split):
    assert sorted(row for part in split for row in part) == list(range(8))
    assert_accumulation_invariant(sum_loss, PARAMS, BATCH, [split])


def test_a_mean_of_means_is_found():
    with pytest.raises(AssertionError, match=r"In parts of rows .* another loss or gradient.*weighted_sum"):
        assert_accumulation_invariant(lambda p, b: Accumulated(mean_loss(p, b), 1.0), PARAMS, BATCH)
    with pytest.raises(TypeError, match="returned one number"):
        assert_accumulation_invariant(mean_loss, PARAMS, BATCH)


def test_examples_that_depend_on_each_other_are_found():
    def normalised(params, batch):
        return weighted_sum(sum_loss(params, batch).total - batch["x"].mean(axis=(1, 2)))

    with pytest.raises(AssertionError, match="let no example depend on the others"):
        assert_accumulation_invariant(normalised, PARAMS, BATCH)


def test_devices_agree_on_sums_only():
    assert_same_on_devices(sum_loss, PARAMS, BATCH, [1, 2, 4])
    with pytest.raises(AssertionError, match="4 devices find another loss or gradient than one"):
        assert_same_on_devices(lambda p, b: Accumulated(mean_loss(p, b), 1.0), PARAMS, BATCH)
    with pytest.raises(ValueError, match=r"asks for 99, but there are \d+"):
        assert_same_on_devices(sum_loss, PARAMS, BATCH, [99])


def test_the_loss_scale_drops_out_unless_the_gradient_overflows():
    assert_loss_scale_invariant(sum_loss, PARAMS, BATCH)
    half = lambda w, x: weighted_sum((w.astype(jnp.float16) * x).astype(jnp.float32) * 100)  # noqa: E731
    with pytest.raises(AssertionError, match=r"At loss scale 32768\.0 the gradient is another: it overflows"):
        assert_loss_scale_invariant(half, jnp.float32(1), jnp.ones(2, jnp.float16))


def loop(order):
    """A stateful loop with its three calls in some order; the parameters after each step."""

    def run():
        torch.manual_seed(0)
        w = torch.ones(2, requires_grad=True)
        optimizer = torch.optim.SGD([w], lr=0.1)
        seen = []
        for _ in range(3):
            calls = {"zero": optimizer.zero_grad, "backward": lambda: (w * w).sum().backward(), "step": optimizer.step}
            for call in order.split():
                calls[call]()
            seen.append(w.detach().numpy().copy())
        return seen

    run.__name__ = order.replace(" ", "_")
    return run


def test_orders_of_a_stateful_loop():
    assert_order_equivalent(loop("zero backward step"), loop("backward step zero"))
    with pytest.raises(AssertionError, match=r"^backward_zero_step is not equivalent to zero_backward_step"):
        assert_order_equivalent(loop("zero backward step"), loop("backward zero step"))


def test_other_structures_and_dtypes_are_differences():
    with pytest.raises(AssertionError, match="structures differ"):
        assert_order_equivalent(lambda: {"a": 1.0}, lambda: {"b": 1.0})
    with pytest.raises(AssertionError, match=r"float16\[2\] and float32\[2\]"):
        assert_order_equivalent(lambda: jnp.ones(2), lambda: jnp.ones(2, jnp.float16))
    assert jax.device_count() >= 4
