import jax.numpy as jnp
import numpy as np
import optax
import pytest
from training import make_batch, make_params, mean_loss, rows_of, sum_loss

from funcgrad.train import TrainState, evaluate, make_eval_step, weighted_sum


def make_state(**options):
    return TrainState.create(make_params(), optax.sgd(0.1), **options)


def test_batches_of_any_size_give_the_metrics_of_all_examples():
    batch, state = make_batch(8), make_state()
    step = make_eval_step(lambda params, batch: {"loss": sum_loss(params, batch)})
    metrics = evaluate(step, state, [rows_of(batch, rows) for rows in np.split(np.arange(8), [1, 5])])
    np.testing.assert_allclose(metrics["loss"], mean_loss(state.params, batch), rtol=1e-6)
    assert isinstance(metrics["loss"], float)


def test_collections_are_read():
    step = make_eval_step(lambda params, batch, seen: weighted_sum(batch - seen["mean"]))
    assert evaluate(step, make_state(collections={"mean": jnp.float32(3)}), [jnp.array([4.0, 8.0])]) == 3.0


@pytest.mark.parametrize(
    "metric, text",
    [
        (lambda p, b: {"loss": mean_loss(p, b)}, r"metrics\['loss'\], expected an Accumulated\. Return weighted_sum"),
        (lambda p, b, rng: sum_loss(p, b), r"metric_fn cannot be called as metric_fn\(params, batch\): missing"),
    ],
)
def test_a_wrong_metric_is_told_what_to_do(metric, text):
    with pytest.raises(TypeError, match=text):
        make_eval_step(metric)(make_state(), make_batch())


def test_no_batches_is_an_error():
    with pytest.raises(ValueError, match="expected at least one batch"):
        evaluate(make_eval_step(sum_loss), make_state(), [])
