"""Haiku with dropout and BatchNorm: a pure function of parameters, statistics and a key, which is fresh for each step.

Run it with:
    pip install -e '.[examples]'
    python examples/model_libraries/haiku_transforms.py
"""

import haiku as hk
import jax
import optax
from rings import HELD_OUT, batches, make_batch

from funcgrad.optim import adam
from funcgrad.train import TrainState, evaluate, fit, make_eval_step, make_train_step, weighted_sum

OPTIMIZER = adam(0.01)


@hk.transform_with_state
def model(x, train):
    x = hk.Linear(32)(x)
    x = jax.nn.relu(hk.BatchNorm(create_scale=True, create_offset=True, decay_rate=0.9)(x, is_training=train))
    return hk.Linear(2)(hk.dropout(hk.next_rng_key(), 0.1, x) if train else x)


def loss_fn(params, batch, rng, statistics):
    x, y = batch
    logits, statistics = model.apply(params, statistics, rng, x, train=True)
    return weighted_sum(optax.losses.softmax_cross_entropy_with_integer_labels(logits, y)), statistics


def metric_fn(params, batch, statistics):
    x, y = batch
    logits, _ = model.apply(params, statistics, None, x, train=False)
    return {"accuracy": weighted_sum(1.0 * (logits.argmax(axis=1) == y))}


def init(key):
    first, rng = jax.random.split(key)
    params, statistics = model.init(first, make_batch(0)[0], train=True)
    return TrainState.create(params, OPTIMIZER, rng=rng, collections=statistics)


def main(steps=300, micro_batches=1):
    step = make_train_step(loss_fn, OPTIMIZER, micro_batches=micro_batches)
    state, metrics = fit(step, init(jax.random.key(0)), batches(steps))
    accuracy = evaluate(make_eval_step(metric_fn), state, HELD_OUT)["accuracy"]
    print(f"loss {metrics.loss[0]:.4f} -> {metrics.loss[-1]:.4f}, accuracy {accuracy:.1%}")
    return metrics.loss, accuracy


if __name__ == "__main__":
    main()
