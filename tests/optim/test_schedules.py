"""Schedules against values recorded from PyTorch, on the host and traced.

That they agree to the last bit, on one C library, is for `tests/parity`.
"""

import json
import math
import re
from pathlib import Path

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st
from schedule_cases import SCHEDULES, STEPS
from schedule_values import advanced, schedule_of

from funcgrad.optim import schedules, sgd
from funcgrad.tolerances import tolerance

RECORDED = json.loads((Path(__file__).parents[1] / "support" / "recorded" / "schedules.json").read_text())
every_case = pytest.mark.parametrize("case", SCHEDULES)


@every_case
def test_step_by_step_equals_pytorch(case):
    np.testing.assert_allclose(advanced(schedule_of(case), STEPS), RECORDED[case]["lr"], **tolerance(np.float64))


@every_case
def test_the_closed_form_equals_pytorchs(case):
    expected = RECORDED[case]["closed"] or RECORDED[case]["lr"]
    np.testing.assert_allclose([schedule_of(case)(step) for step in range(STEPS)], expected, **tolerance(np.float64))


@every_case
def test_both_forms_agree(case):
    schedule = schedule_of(case)
    closed = [schedule(step) for step in range(STEPS)]
    np.testing.assert_allclose(closed, advanced(schedule, STEPS), **tolerance(np.float64, "gradient"))


@every_case
def test_a_traced_step_gives_the_same_value(case):
    schedule, steps = schedule_of(case), jnp.arange(STEPS)
    expected = [schedule(step) for step in range(STEPS)]
    np.testing.assert_allclose(jax.jit(jax.vmap(schedule))(steps), expected, rtol=2e-6, atol=1e-7)
    with jax.enable_x64(True):
        np.testing.assert_allclose(jax.vmap(schedule)(jnp.arange(STEPS)), expected, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("case", [case for case in SCHEDULES if RECORDED[case]["momentum"]])
def test_the_momentum_cycles_against_the_rate(case):
    kind, options = SCHEDULES[case]
    kept = {key: value for key, value in options.items() if key not in ("max_lr", "base_lr")}
    if kind == "OneCycleLR":
        momentum = schedules.one_cycle_momentum(0.85, 0.95, **kept)
    else:
        momentum = schedules.cyclic_lr(0.9, 0.8, **kept)
    assert [momentum(step) for step in range(STEPS)] == RECORDED[case]["momentum"]


def test_a_lambda_gets_the_step():
    schedule = schedules.lambda_lr(0.5, lambda step: 0.5**step)
    assert [schedule(step) for step in range(3)] == [0.5, 0.25, 0.125]
    np.testing.assert_allclose(schedule(jnp.asarray(2)), 0.125)


def test_a_custom_height_replaces_the_mode():
    by_mode = schedules.cyclic_lr(0.01, 0.1, 4, mode="triangular2")
    by_function = schedules.cyclic_lr(0.01, 0.1, 4, scale_fn=lambda cycle: 0.5 ** (cycle - 1))
    by_step = schedules.cyclic_lr(0.01, 0.1, 4, scale_fn=lambda step: 0.99**step, scale_mode="iterations")
    assert [by_function(step) for step in range(20)] == [by_mode(step) for step in range(20)]
    assert by_step(4) == pytest.approx(0.01 + 0.09 * 0.99**4)


def test_powers_stay_exact_after_many_steps_in_float32():
    schedule = schedules.exponential_lr(1.0, 0.9999)
    np.testing.assert_allclose(schedule(jnp.asarray(50_000)), 0.9999**50_000, rtol=1e-6)


def test_a_late_warm_restart_is_at_the_top():
    """A logarithm puts the step 121 = (3^5 - 1) / 2 into the period before; PyTorch, step by step, does not."""
    schedule = schedules.cosine_annealing_warm_restarts(1.0, 1, T_mult=3)
    assert schedule(121) == 1.0
    assert float(schedule(jnp.asarray(121))) == 1.0


def test_a_traced_step_beyond_one_cycle_keeps_the_last_value():
    schedule = schedules.one_cycle_lr(1.0, 10)
    np.testing.assert_array_equal(schedule(jnp.asarray(1000)), schedule(jnp.asarray(10)))


def test_an_optimizer_follows_a_schedule_in_one_program():
    chex.clear_trace_counter()
    schedule, params = schedules.step_lr(0.1, 2, 0.5), jnp.ones(())
    optimizer = sgd(schedule)
    update, state = jax.jit(chex.assert_max_traces(optimizer.update, n=1)), optimizer.init(params)
    rates = []
    for _ in range(5):
        updates, state = update(params, state, params)
        rates.append(-float(updates))
    np.testing.assert_allclose(rates, [0.1, 0.1, 0.05, 0.05, 0.025], rtol=1e-6)


def test_optax_takes_them_too():
    schedule = schedules.linear_lr(0.1)
    updates, _ = optax.sgd(schedule).update(jnp.ones(()), optax.sgd(schedule).init(jnp.ones(())))
    np.testing.assert_allclose(updates, -schedule(0), rtol=1e-6)


@given(base=st.floats(1e-3, 10.0), step_size=st.integers(1, 9), gamma=st.floats(0.1, 1.0), step=st.integers(0, 60))
def test_a_step_schedule_only_falls(base, step_size, gamma, step):
    schedule = schedules.step_lr(base, step_size, gamma)
    assert schedule(step + 1) <= schedule(step) <= base
    assert math.isclose(schedule(step + step_size), schedule(step) * gamma, rel_tol=1e-12)


@given(T_max=st.integers(1, 20), eta_min=st.floats(0.0, 0.05), step=st.integers(0, 60))
def test_cosine_annealing_is_periodic_between_its_bounds(T_max, eta_min, step):
    schedule = schedules.cosine_annealing_lr(0.1, T_max, eta_min)
    assert eta_min - 1e-15 <= schedule(step) <= 0.1 + 1e-15
    assert math.isclose(schedule(step), schedule(step + 2 * T_max), rel_tol=1e-9, abs_tol=1e-14)


@pytest.mark.parametrize(
    "make, text",
    [
        (
            lambda: schedules.constant_lr(1.0, factor=2),
            "Constant multiplicative factor expected to be between 0 and 1.",
        ),
        (
            lambda: schedules.linear_lr(1.0, start_factor=0),
            "Starting multiplicative factor expected to be greater than",
        ),
        (
            lambda: schedules.linear_lr(1.0, end_factor=2),
            "Ending multiplicative factor expected to be between 0 and 1.",
        ),
        (lambda: schedules.cosine_annealing_warm_restarts(1.0, 0), "Expected positive integer T_0, but got 0"),
        (lambda: schedules.cosine_annealing_warm_restarts(1.0, 1, 0), "Expected integer T_mult >= 1, but got 0"),
        (lambda: schedules.one_cycle_lr(1.0, 0), "Expected positive integer total_steps, but got 0"),
        (lambda: schedules.one_cycle_lr(1.0, 9, 2.0), "Expected float between 0 and 1 pct_start, but got 2.0"),
        (
            lambda: schedules.one_cycle_lr(1.0, 9, anneal_strategy="exp"),
            "anneal_strategy must be one of 'cos' or 'linear', instead got exp",
        ),
        (
            lambda: schedules.one_cycle_lr(1.0, 3)(4),
            "Tried to step 4 times. The specified number of total steps is 3",
        ),
        (lambda: schedules.cyclic_lr(0.1, 1.0, mode="square"), "mode is invalid and scale_fn is None"),
    ],
)
def test_options_out_of_range_are_errors_with_pytorchs_text(make, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        make()
