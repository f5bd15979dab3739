"""Equinox: the model is the pytree; its floating arrays are the parameters, and all else stays in the loss function.

Run it with:
    pip install -e '.[examples]'
    python examples/model_libraries/equinox_modules.py
"""

import equinox as eqx
import jax
import optax
from rings import HELD_OUT, batches

from funcgrad.optim import adam
from funcgrad.train import TrainState, evaluate, fit, make_eval_step, make_train_step, weighted_sum

OPTIMIZER = adam(0.01)
PARAMS, STATIC = eqx.partition(eqx.nn.MLP(2, 2, width_size=32, depth=1, key=jax.random.key(0)), eqx.is_inexact_array)


def logits(params, x):
    return jax.vmap(eqx.combine(params, STATIC))(x)


def loss_fn(params, batch):
    x, y = batch
    return weighted_sum(optax.losses.softmax_cross_entropy_with_integer_labels(logits(params, x), y))


def metric_fn(params, batch):
    x, y = batch
    return {"accuracy": weighted_sum(1.0 * (logits(params, x).argmax(axis=1) == y))}


def main(steps=300, micro_batches=1):
    step = make_train_step(loss_fn, OPTIMIZER, micro_batches=micro_batches)
    state, metrics = fit(step, TrainState.create(PARAMS, OPTIMIZER), batches(steps))
    accuracy = evaluate(make_eval_step(metric_fn), state, HELD_OUT)["accuracy"]
    print(f"loss {metrics.loss[0]:.4f} -> {metrics.loss[-1]:.4f}, accuracy {accuracy:.1%}")
    return metrics.loss, accuracy


if __name__ == "__main__":
    main()
