import itertools

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from funcgrad.train import Accumulated, weighted_sum


def sums(total, weight):
    return Accumulated({"a": jnp.float32(total), "b": jnp.full(2, total, jnp.float32)}, jnp.float32(weight))


def test_zero_is_neutral_and_order_does_not_matter():
    parts = [sums(3, 1), sums(-8, 4), sums(0.5, 0)]
    zero = Accumulated.zero(parts[0].total)
    chex.assert_trees_all_equal(zero.plus(parts[0]), parts[0])
    results = [a.plus(b).plus(c).finish() for a, b, c in itertools.permutations(parts)]
    grouped = parts[0].plus(parts[1].plus(parts[2])).finish()
    for result in [*results, grouped]:
        chex.assert_trees_all_close(result, {"a": np.float32(-0.9), "b": np.full(2, -0.9, np.float32)}, rtol=1e-6)


def test_finish_divides_once_and_a_mean_of_means_is_something_else():
    first, second = Accumulated(jnp.float32(6), 3), Accumulated(jnp.float32(10), 1)
    assert float(first.plus(second).finish()) == 4.0
    assert (float(first.finish()) + float(second.finish())) / 2 == 6.0


def test_it_is_a_pytree_for_jit_and_scan():
    def total(values):
        return jax.lax.scan(lambda c, v: (c.plus(Accumulated(v, 1)), None), Accumulated.zero(values[0]), values)[0]

    assert float(jax.jit(total)(jnp.arange(5.0)).finish()) == 2.0


def test_16_bit_totals_are_kept_in_float32():
    ones = Accumulated(jnp.ones((), jnp.bfloat16), 1)
    result = Accumulated.zero(ones.total)
    for _ in range(300):  # bfloat16 itself stops at 256
        result = result.plus(ones)
    assert (float(result.total), result.total.dtype) == (300.0, jnp.float32)


def test_integer_weights_divide_a_float_total():
    assert Accumulated(jnp.float32(7), jnp.int32(2)).finish() == 3.5


def test_a_weight_of_zero_is_nan_and_not_a_silent_zero():
    assert np.isnan(Accumulated(jnp.float32(0), jnp.float32(0)).finish())


def test_a_mean_cannot_be_added():
    with pytest.raises(TypeError, match=r"how much it weighs is lost.*Return weighted_sum\(losses, weights\)"):
        sums(1, 1).plus(Accumulated(jnp.float32(1), None))


def test_weighted_sum_of_tokens_leaves_padding_out():
    result = weighted_sum(jnp.array([[2.0, 4.0], [9.0, jnp.nan]]), jnp.array([[1, 0.5], [2, 0]]))
    chex.assert_trees_all_equal(result, Accumulated(np.float32(22), np.float32(3.5)))


def test_padding_has_no_gradient():
    grads = jax.grad(lambda x: weighted_sum(x**2, jnp.array([1.0, 0.0])).total)(jnp.array([3.0, jnp.inf]))
    assert float(grads[0]) == 6.0
    assert not np.isinf(grads[1])


def test_weighted_sum_without_weights_counts_and_of_nothing_is_zero():
    chex.assert_trees_all_equal(weighted_sum(jnp.ones((2, 3))), Accumulated(np.float32(6), np.float32(6)))
    chex.assert_trees_all_equal(weighted_sum(jnp.ones((0, 3))), Accumulated(np.float32(0), np.float32(0)))


def test_weighted_sum_of_bfloat16_is_in_float32():
    result = weighted_sum(jnp.ones(1000, jnp.bfloat16), jnp.ones(1000, jnp.bfloat16))
    assert (float(result.total), float(result.weight), result.total.dtype) == (1000.0, 1000.0, jnp.float32)


def test_weighted_sum_says_what_it_wants():
    with pytest.raises(ValueError, match=r"shape \(2,\), expected one that broadcasts to the values' \(2, 3\).*None"):
        weighted_sum(jnp.ones((2, 3)), jnp.ones(2))
    with pytest.raises(TypeError, match=r"values of int32, expected floating losses"):
        weighted_sum(jnp.arange(3))


def test_a_mean_is_no_sum_of_weight_one():
    """As a sum it would be averaged again, with every other mean of its window."""
    with pytest.raises(
        TypeError, match=r"was given one number.*before their mean is taken.*Accumulated\(sum, weight\)"
    ):
        weighted_sum(jnp.array([1.0, 2.0]).mean())
