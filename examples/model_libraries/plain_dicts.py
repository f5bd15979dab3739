"""Plain dicts: parameters are a pytree of arrays and the model is a function; no library at all.

Run it with:
    python examples/model_libraries/plain_dicts.py
"""

import jax
import jax.numpy as jnp
import optax
from rings import HELD_OUT, batches

from funcgrad.optim import adam
from funcgrad.train import TrainState, evaluate, fit, make_eval_step, make_train_step, weighted_sum

OPTIMIZER = adam(0.01)


def init(key):
    first, last = jax.random.split(key)
    return {
        "hidden": {"w": jax.random.normal(first, (2, 32)), "b": jnp.zeros(32)},
        "out": {"w": jax.random.normal(last, (32, 2)) / 6, "b": jnp.zeros(2)},
    }


def model(params, x):
    hidden = jax.nn.relu(x @ params["hidden"]["w"] + params["hidden"]["b"])
    return hidden @ params["out"]["w"] + params["out"]["b"]


def loss_fn(params, batch):
    x, y = batch
    return weighted_sum(optax.losses.softmax_cross_entropy_with_integer_labels(model(params, x), y))


def metric_fn(params, batch):
    x, y = batch
    return {"accuracy": weighted_sum(1.0 * (model(params, x).argmax(axis=1) == y))}


def main(steps=300, micro_batches=1):
    step = make_train_step(loss_fn, OPTIMIZER, micro_batches=micro_batches)
    state, metrics = fit(step, TrainState.create(init(jax.random.key(0)), OPTIMIZER), batches(steps))
    accuracy = evaluate(make_eval_step(metric_fn), state, HELD_OUT)["accuracy"]
    print(f"loss {metrics.loss[0]:.4f} -> {metrics.loss[-1]:.4f}, accuracy {accuracy:.1%}")
    return metrics.loss, accuracy


if __name__ == "__main__":
    main()
