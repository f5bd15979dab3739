"""Full-batch equality: one gradient for any split, by parts, by stream, over devices, with and without loss scale."""

from functools import cache

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models import MODELS, mean_loss_of, sum_loss_of
from training import make_batch, rows_of

from funcgrad.testing.strategies import splits
from funcgrad.tolerances import tolerance
from funcgrad.train import Accumulated, DataParallel, Scaled, Summed, accumulate, mean, unscale

CLOSE = tolerance("float32", "gradient")
ROWS = 8

scales = st.sampled_from([None, 1.0, 8.0, 3.0, 2.0**15])


@st.composite
def problems(draw):
    """A model by name, parameters, and a batch whose weights are not all zero."""
    name, seeds = draw(st.sampled_from(sorted(MODELS))), st.integers(0, 20)
    batch = make_batch(ROWS, seed=draw(seeds))
    batch["weights"][draw(st.integers(0, ROWS - 1)), 0] += 1
    return name, MODELS[name].make_params(draw(seeds)), batch


@cache
def sums_of(name, parts=1):
    return jax.jit(accumulate(sum_loss_of(name), micro_batches=parts))


@cache
def sums_over(name, devices, shard_state):
    parallel = DataParallel.over(jax.devices()[:devices], shard_state=shard_state)
    return jax.jit(parallel.over_devices(sums_of(name)))


@cache
def whole_of(name):
    return jax.jit(jax.value_and_grad(mean_loss_of(name)))


def assert_whole(found, problem):
    name, params, batch = problem
    chex.assert_trees_all_close(found, whole_of(name)(params, batch), **CLOSE)


def finished(sums, scale):
    gradient = sums.gradient if scale is None else unscale(sums.gradient)
    return sums.loss.finish(), mean(gradient).tree


def given_scale(scale):
    return {} if scale is None else {"scale": jnp.float32(scale)}


def in_parts(sums_of, params, batch, split, scale):
    """The parts one by one, each filled up to a whole batch with weight 0, so that every size is one program."""
    total = None
    for part in split:
        padded = {**batch, "weights": batch["weights"] * np.isin(np.arange(ROWS), part)[:, None].astype(np.float32)}
        sums = sums_of(params, padded, **given_scale(scale))
        sums = (sums.loss, sums.gradient.sums)
        total = sums if total is None else tuple(a.plus(b) for a, b in zip(total, sums, strict=True))
    loss, grads = total
    gradient = Summed(grads) if scale is None else unscale(Scaled(grads, jnp.float32(scale)))
    return loss.finish(), mean(gradient).tree


@settings(deadline=None, max_examples=15)
@given(problems(), st.sampled_from([3, 8]), scales)
def test_any_number_of_parts(problem, parts, scale):
    name, *arguments = problem
    assert_whole(finished(sums_of(name, parts)(*arguments, **given_scale(scale)), scale), problem)


@settings(deadline=None, max_examples=15)
@given(problems(), splits(ROWS), scales)
def test_any_split_also_uneven_also_with_empty_parts(problem, split, scale):
    name, *arguments = problem
    assert_whole(in_parts(sums_of(name), *arguments, split, scale), problem)


@settings(deadline=None, max_examples=12)
@given(problems(), st.sampled_from([2, 4]), st.booleans(), scales)
def test_any_number_of_devices(problem, devices, shard_state, scale):
    """One to eight of them: support/eight_devices.py."""
    name, *arguments = problem
    given = {"rng": None, "collections": None, "scale": None, **given_scale(scale)}
    assert_whole(finished(sums_over(name, devices, shard_state)(*arguments, **given), scale), problem)


@pytest.mark.parametrize("name", MODELS)
def test_a_part_without_rows_adds_nothing(name):
    params, batch = MODELS[name].make_params(0), make_batch(ROWS)
    sums = sums_of(name)
    empty, full = sums(params, rows_of(batch, slice(0, 0))), sums(params, batch)
    chex.assert_trees_all_equal(full.gradient.sums.plus(empty.gradient.sums), full.gradient.sums)
    assert float(empty.loss.weight) == 0.0


def mean_of_means(name):
    """The mistake of many libraries: each part's mean counts alike, whatever its weight."""
    mean_loss = mean_loss_of(name)
    return jax.jit(accumulate(lambda params, batch: Accumulated(mean_loss(params, batch), jnp.float32(1))))


@pytest.mark.parametrize("name", ["linear", "recurrence"])
def test_a_mean_of_means_fails_the_same_test(name):
    """`Accumulated(mean, 1)` is the one lie that types cannot see: it is found by comparing splits."""
    wrong = mean_of_means(name)

    @settings(deadline=None, max_examples=40, database=None, report_multiple_bugs=False)
    @given(problems(), splits(ROWS), scales)
    def any_split(problem, split, scale):
        _, params, batch = problem
        params = MODELS[name].make_params(0)
        nonempty = [part for part in split if batch["weights"][part].sum() > 0]
        assert_whole(in_parts(wrong, params, batch, nonempty, scale), (name, params, batch))

    with pytest.raises(AssertionError, match="Trees 0 and 1 differ in leaves"):
        any_split()
