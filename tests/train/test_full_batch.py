"""Full-batch equality: one gradient for any split, by parts, by stream, over devices, with and without loss scale."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from training import make_batch, make_params, mean_loss, rows_of, sum_loss

from funcgrad.tolerances import tolerance
from funcgrad.train import Accumulated, DataParallel, Scaled, Summed, accumulate, mean, unscale

CLOSE = tolerance("float32", "gradient")
ROWS = 8

whole = jax.jit(jax.value_and_grad(mean_loss))
models = st.integers(0, 20)
scales = st.sampled_from([None, 1.0, 8.0, 3.0, 2.0**15])


@st.composite
def problems(draw):
    """Parameters and a batch whose weights are not all zero."""
    batch = make_batch(ROWS, seed=draw(models))
    batch["weights"][draw(st.integers(0, ROWS - 1)), 0] += 1
    return make_params(draw(models)), batch


@st.composite
def splits(draw):
    """Row numbers in parts of any sizes, also empty ones, in any order."""
    rows = draw(st.permutations(range(ROWS)))
    cuts = sorted(draw(st.lists(st.integers(0, ROWS), max_size=4)))
    return [list(part) for part in np.split(np.array(rows), cuts)]


def finished(sums, scale):
    gradient = sums.gradient if scale is None else unscale(sums.gradient)
    return sums.loss.finish(), mean(gradient).tree


def given_scale(scale):
    return {} if scale is None else {"scale": jnp.float32(scale)}


SUMS = {parts: jax.jit(accumulate(sum_loss, micro_batches=parts)) for parts in (1, 2, 3, 5, 8)}
OVER = {devices: jax.jit(DataParallel.over(jax.devices()[:devices]).over_devices(SUMS[1])) for devices in (1, 2, 4)}


def stream(sums_of, params, batch, split, scale):
    """The parts padded to a whole batch with weight 0, so that every size is one program."""
    total = None
    for part in split:
        padded = {**batch, "weights": batch["weights"] * np.isin(np.arange(ROWS), part)[:, None].astype(np.float32)}
        sums = sums_of(params, padded, **given_scale(scale))
        sums = (sums.loss, sums.gradient.sums)
        total = sums if total is None else tuple(a.plus(b) for a, b in zip(total, sums, strict=True))
    loss, grads = total
    gradient = Summed(grads) if scale is None else unscale(Scaled(grads, jnp.float32(scale)))
    return loss.finish(), mean(gradient).tree


@settings(deadline=None, max_examples=40)
@given(problems(), st.sampled_from(sorted(SUMS)), scales)
def test_any_number_of_parts(problem, parts, scale):
    result = finished(SUMS[parts](*problem, **given_scale(scale)), scale)
    chex.assert_trees_all_close(result, whole(*problem), **CLOSE)


@settings(deadline=None, max_examples=40)
@given(problems(), splits(), scales)
def test_any_split_also_uneven_also_with_empty_parts(problem, split, scale):
    chex.assert_trees_all_close(stream(SUMS[1], *problem, split, scale), whole(*problem), **CLOSE)


@settings(deadline=None, max_examples=40)
@given(problems(), st.sampled_from(sorted(OVER)), scales)
def test_any_number_of_devices(problem, devices, scale):
    given = {"rng": None, "collections": None, "scale": None, **given_scale(scale)}
    result = finished(OVER[devices](*problem, **given), scale)
    chex.assert_trees_all_close(result, whole(*problem), **CLOSE)


def test_a_part_without_rows_adds_nothing():
    params, batch = make_params(), make_batch(ROWS)
    sums = accumulate(sum_loss)
    empty, full = sums(params, rows_of(batch, slice(0, 0))), sums(params, batch)
    chex.assert_trees_all_equal(full.gradient.sums.plus(empty.gradient.sums), full.gradient.sums)
    assert float(empty.loss.weight) == 0.0


def mean_of_means(params, batch):
    """The mistake of many libraries: each part's mean counts alike, whatever its weight."""
    return Accumulated(mean_loss(params, batch), jnp.float32(1))


def test_a_mean_of_means_fails_the_same_test():
    """`Accumulated(mean, 1)` is the one lie that types cannot see: it is found by comparing splits."""
    sums_of = jax.jit(accumulate(mean_of_means))

    @settings(deadline=None, max_examples=40, database=None, report_multiple_bugs=False)
    @given(problems(), splits(), scales)
    def any_split(problem, split, scale):
        nonempty = [part for part in split if problem[1]["weights"][part].sum() > 0]
        chex.assert_trees_all_close(stream(sums_of, *problem, nonempty, scale), whole(*problem), **CLOSE)

    with pytest.raises(AssertionError, match="Trees 0 and 1 differ in leaves"):
        any_split()
