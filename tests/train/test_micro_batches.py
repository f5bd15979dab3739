import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from training import make_batch, make_params, mean_loss, sum_loss

from funcgrad.tolerances import tolerance
from funcgrad.train import Accumulated, Policy, Scaled, Summed, accumulate, mean, unscale, weighted_sum

CLOSE = tolerance("float32", "gradient")
PARAMS = make_params()


@pytest.mark.parametrize("micro_batches", [1, 2, 3, 5, 8])
def test_micro_batches_give_the_gradient_of_the_whole_batch(micro_batches):
    batch = make_batch(8)
    sums = jax.jit(accumulate(sum_loss, micro_batches=micro_batches))(PARAMS, batch)
    loss, grads = jax.value_and_grad(mean_loss)(PARAMS, batch)
    chex.assert_trees_all_close((sums.loss.finish(), mean(sums.gradient).tree), (loss, grads), **CLOSE)
    assert isinstance(sums.gradient, Summed)


def test_losses_of_different_weights_are_accumulated_apart_and_their_means_added():
    batch = make_batch(8)
    rows = lambda params, batch: weighted_sum(jnp.abs(batch["x"] @ params["w1"]).sum(axis=(1, 2)))  # noqa: E731
    parts = [accumulate(loss, micro_batches=3)(PARAMS, batch) for loss in (sum_loss, rows)]
    found = jax.tree.map(jnp.add, *(mean(part.gradient).tree for part in parts))
    together = lambda params: mean_loss(params, batch) + rows(params, batch).finish()  # noqa: E731
    chex.assert_trees_all_close(found, jax.grad(together)(PARAMS), **CLOSE)


def test_the_loss_is_traced_once_where_the_parts_are_equal():
    chex.clear_trace_counter()
    jax.jit(accumulate(chex.assert_max_traces(sum_loss, n=1), micro_batches=4))(PARAMS, make_batch(8))


def test_a_scaled_sum_has_to_be_unscaled():
    sums = accumulate(sum_loss, micro_batches=2)
    plain, scaled = sums(PARAMS, make_batch()), sums(PARAMS, make_batch(), scale=jnp.float32(1024))
    assert isinstance(scaled.gradient, Scaled)
    chex.assert_trees_all_equal(unscale(scaled.gradient), plain.gradient)  # a power of two: the same bits
    chex.assert_trees_all_equal(scaled.loss, plain.loss)


def test_16_bit_gradients_are_added_in_float32():
    params = jnp.ones((), jnp.bfloat16)
    loss = lambda w, x: weighted_sum(w * x)  # noqa: E731
    sums = accumulate(loss, micro_batches=512)(params, jnp.ones(512, jnp.bfloat16))
    total = sums.gradient.sums.total
    assert (float(total), total.dtype) == (512.0, jnp.float32)
    in_16_bits = accumulate(loss, micro_batches=512, dtype=jnp.bfloat16)(params, jnp.ones(512, jnp.bfloat16))
    assert float(in_16_bits.gradient.sums.total) == 256.0


def test_sums_among_the_aux_values_are_added_and_the_rest_is_stacked():
    def loss(w, x):
        return weighted_sum(w * x), {"seen": Accumulated(jnp.float32(1), x.shape[0]), "first": x[0]}

    aux = accumulate(loss, micro_batches=4, has_aux=True)(jnp.float32(1), jnp.arange(10.0)).aux
    assert (float(aux["seen"].total), float(aux["seen"].weight)) == (4.0, 10.0)
    assert aux["first"].tolist() == [0, 3, 6, 9]


def test_collections_pass_from_one_part_to_the_next():
    def loss(w, x, seen):
        return weighted_sum(w * x), {"mean": 0.5 * seen["mean"] + 0.5 * x.mean(), "count": seen["count"] + 1}

    start = {"mean": jnp.float32(0), "count": jnp.int32(0)}
    result = accumulate(loss, micro_batches=3)(jnp.float32(1), jnp.array([4.0, 2.0, 8.0]), collections=start)
    assert (float(result.collections["mean"]), int(result.collections["count"])) == (5.0, 3)


def test_each_part_draws_its_own_numbers():
    def loss(w, x, rng):
        return weighted_sum(w * x), jax.random.normal(rng)

    key = jax.random.key(0)
    aux = accumulate(loss, micro_batches=2, has_aux=True)(jnp.float32(1), jnp.ones(4), rng=key).aux
    assert aux.tolist() == [float(jax.random.normal(jax.random.fold_in(key, i))) for i in range(2)]


def test_the_policy_is_that_of_the_loss_function_only():
    seen = []

    def loss(w, x):
        seen.append((w.dtype, x["x"].dtype, x["ids"].dtype))
        return weighted_sum(w * x["x"])

    batch = {"x": np.ones(4, np.float32), "ids": np.arange(4)}
    sums = accumulate(loss, micro_batches=2, policy=Policy(compute=jnp.bfloat16))(jnp.float32(1), batch)
    assert seen[0][:2] == (jnp.bfloat16, jnp.bfloat16)
    assert jnp.issubdtype(seen[0][2], jnp.integer)
    assert sums.gradient.sums.total.dtype == sums.loss.total.dtype == jnp.float32


def test_sixteen_parts_need_the_memory_of_one():
    def loss(params, x):
        for w in params:
            x = jnp.tanh(x @ w)
        return weighted_sum((x**2).sum(axis=1))

    params = [jnp.ones((64, 64))] * 6

    def temporary(micro_batches, rows):
        run = jax.jit(accumulate(loss, micro_batches=micro_batches))
        return run.lower(params, jnp.ones((rows, 64))).compile().memory_analysis().temp_size_in_bytes

    one = temporary(1, 512)
    assert temporary(16, 16 * 512) <= 1.2 * one
    assert temporary(1, 16 * 512) > 8 * one


@pytest.mark.parametrize(
    "loss, batch, error, text",
    [
        (mean_loss, make_batch(), TypeError, r"returned one number.*how much it weighs is lost.*weighted_sum"),
        (sum_loss, make_batch(2), ValueError, r"micro_batches is 3, but the batch has 2 examples"),
        (sum_loss, {**make_batch(), "n": 8}, ValueError, r"'n'.*: \(\), .*expected arrays with one leading axis"),
        (lambda p, b: (1.0, 2.0), make_batch(), TypeError, r"if it is \(sum, weight\), return Accumulated"),
        (lambda p, b: Accumulated(1.0, b["weights"]), make_batch(), TypeError, "expected one number. Use weighted_sum"),
    ],
    ids=["a mean", "too many parts", "a scalar in the batch", "a bare pair", "weights not summed"],
)
def test_bad_input_is_told_what_to_do(loss, batch, error, text):
    with pytest.raises(error, match=text):
        accumulate(loss, micro_batches=3)(PARAMS, batch)


@pytest.mark.parametrize("parts", [1, 2])
def test_a_mean_is_refused_for_any_number_of_parts(parts):
    with pytest.raises(TypeError, match="returned one number"):
        accumulate(mean_loss, micro_batches=parts)(PARAMS, make_batch())


def test_collections_must_keep_their_form():
    loss = lambda w, x, seen: (weighted_sum(w * x), {})  # noqa: E731
    with pytest.raises(TypeError, match=r"collections of the form \{\}, but the state holds \{'n': \(\)\}"):
        accumulate(loss)(jnp.float32(1), jnp.ones(2), collections={"n": jnp.int32(0)})


def test_parts_must_be_at_least_one():
    with pytest.raises(ValueError, match="micro_batches is 0, expected at least 1"):
        accumulate(sum_loss, micro_batches=0)
