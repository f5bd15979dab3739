"""Small models of several kinds, each with a loss for every token: what holds for sums has to hold for all of them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import training

from funcgrad.train import weighted_sum


class Model(NamedTuple):
    make_params: Callable[[int], Any]  # from a seed
    losses: Callable[[Any, Any], Any]  # (params, batch of training.make_batch) -> float[rows, tokens]


def drawn(**shapes):
    """A function from a seed to normal arrays of these shapes."""

    def make_params(seed):
        draw = np.random.default_rng(seed).standard_normal
        return {name: draw(shape).astype(np.float32) / 2 for name, shape in shapes.items()}

    return make_params


def squared_errors(params, batch):
    return ((batch["x"] @ params["w"])[..., 0] + params["b"] - batch["y"]) ** 2


def attention(params, batch):
    """Each token looks at those of its own row that count."""
    query, key, value = (batch["x"] @ params[name] for name in ("query", "key", "value"))
    hidden = (batch["weights"] > 0)[:, None, :] | jnp.eye(key.shape[1], dtype=bool)
    scores = jnp.where(hidden, query @ jnp.swapaxes(key, 1, 2), -1e9)
    return cross_entropies(jax.nn.softmax(scores) @ value, batch["y"])


def recurrence(params, batch):
    def follow(state, x):
        state = jnp.tanh(x @ params["input"] + state @ params["state"])
        return state, state @ params["output"]

    start = jnp.zeros((batch["x"].shape[0], params["state"].shape[0]))
    _, logits = jax.lax.scan(follow, start, jnp.swapaxes(batch["x"], 0, 1))
    return cross_entropies(jnp.swapaxes(logits, 0, 1), batch["y"])


def cross_entropies(logits, labels):
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[..., None], axis=-1)[..., 0]


MODELS = {
    "linear": Model(drawn(w=(3, 1), b=()), squared_errors),
    "perceptron": Model(training.make_params, training.token_losses),
    "attention": Model(drawn(query=(3, 4), key=(3, 4), value=(3, 2)), attention),
    "recurrence": Model(drawn(input=(3, 4), state=(4, 4), output=(4, 2)), recurrence),
}


def sum_loss_of(name):
    """The loss as sums, as training takes it."""
    return lambda params, batch: weighted_sum(MODELS[name].losses(params, batch), batch["weights"])


def mean_loss_of(name):
    """The loss that all of it is about, of a batch in one piece."""
    return lambda params, batch: (MODELS[name].losses(params, batch) * batch["weights"]).sum() / batch["weights"].sum()
