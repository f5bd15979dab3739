"""Flax linen with BatchNorm: its statistics are a mutable collection, which the loss function returns changed.

Run it with:
    pip install -e '.[examples]'
    python examples/model_libraries/flax_linen.py
"""

import jax
import optax
from flax import linen as nn
from rings import HELD_OUT, batches, make_batch

from funcgrad.optim import adam
from funcgrad.train import TrainState, evaluate, fit, make_eval_step, make_train_step, weighted_sum

OPTIMIZER = adam(0.01)


class Model(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        x = nn.Dense(32)(x)
        x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
        return nn.Dense(2)(nn.relu(x))


def loss_fn(params, batch, collections):
    x, y = batch
    variables = {"params": params, **collections}
    logits, changed = Model().apply(variables, x, train=True, mutable=["batch_stats"])
    return weighted_sum(optax.losses.softmax_cross_entropy_with_integer_labels(logits, y)), changed


def metric_fn(params, batch, collections):
    x, y = batch
    logits = Model().apply({"params": params, **collections}, x, train=False)
    return {"accuracy": weighted_sum(1.0 * (logits.argmax(axis=1) == y))}


def init(key):
    collections = dict(Model().init(key, make_batch(0)[0], train=False))
    return TrainState.create(collections.pop("params"), OPTIMIZER, collections=collections)


def main(steps=300, micro_batches=1):
    step = make_train_step(loss_fn, OPTIMIZER, micro_batches=micro_batches)
    state, metrics = fit(step, init(jax.random.key(0)), batches(steps))
    accuracy = evaluate(make_eval_step(metric_fn), state, HELD_OUT)["accuracy"]
    print(f"loss {metrics.loss[0]:.4f} -> {metrics.loss[-1]:.4f}, accuracy {accuracy:.1%}")
    return metrics.loss, accuracy


if __name__ == "__main__":
    main()
