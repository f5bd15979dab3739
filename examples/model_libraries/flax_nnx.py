"""Flax nnx with BatchNorm: the object is split into its definition, its parameters and its statistics.

Run it with:
    pip install -e '.[examples]'
    python examples/model_libraries/flax_nnx.py
"""

import jax
import optax
from flax import nnx
from rings import HELD_OUT, batches

from funcgrad.optim import adam
from funcgrad.train import TrainState, evaluate, fit, make_eval_step, make_train_step, weighted_sum

OPTIMIZER = adam(0.01)


class Model(nnx.Module):
    def __init__(self, rngs):
        self.hidden, self.out = nnx.Linear(2, 32, rngs=rngs), nnx.Linear(32, 2, rngs=rngs)
        self.norm = nnx.BatchNorm(32, momentum=0.9, rngs=rngs)

    def __call__(self, x):
        return self.out(jax.nn.relu(self.norm(self.hidden(x))))


DEFINITION, PARAMS, STATISTICS = nnx.split(Model(nnx.Rngs(0)), nnx.Param, nnx.BatchStat)


def loss_fn(params, batch, statistics):
    x, y = batch
    model = nnx.merge(DEFINITION, params, statistics, copy=True)  # a copy may change while it is traced
    model.train()
    losses = optax.losses.softmax_cross_entropy_with_integer_labels(model(x), y)
    return weighted_sum(losses), nnx.state(model, nnx.BatchStat)


def metric_fn(params, batch, statistics):
    x, y = batch
    model = nnx.merge(DEFINITION, params, statistics)
    model.eval()
    return {"accuracy": weighted_sum(1.0 * (model(x).argmax(axis=1) == y))}


def main(steps=300, micro_batches=1):
    step = make_train_step(loss_fn, OPTIMIZER, micro_batches=micro_batches)
    state, metrics = fit(step, TrainState.create(PARAMS, OPTIMIZER, collections=STATISTICS), batches(steps))
    accuracy = evaluate(make_eval_step(metric_fn), state, HELD_OUT)["accuracy"]
    print(f"loss {metrics.loss[0]:.4f} -> {metrics.loss[-1]:.4f}, accuracy {accuracy:.1%}")
    return metrics.loss, accuracy


if __name__ == "__main__":
    main()
