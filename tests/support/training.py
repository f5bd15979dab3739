"""A small model for tests of training: a loss over tokens with weights, in sums; and the mean that it is about."""

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.train import weighted_sum


def make_params(seed=0, hidden=4):
    draw = np.random.default_rng(seed).standard_normal
    return {
        "w1": draw((3, hidden)).astype(np.float32),
        "b1": np.zeros(hidden, np.float32),
        "w2": draw((hidden, 2)).astype(np.float32),
    }


def make_batch(rows=8, tokens=5, seed=1):
    """Sequences of different lengths: the weights of the rows are far from equal."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, tokens + 1, rows)
    return {
        "x": rng.standard_normal((rows, tokens, 3)).astype(np.float32),
        "y": rng.integers(0, 2, (rows, tokens)).astype(np.int32),
        "weights": ((np.arange(tokens) < lengths[:, None]) * rng.choice([1, 0.5, 2], (rows, 1))).astype(np.float32),
    }


def token_losses(params, batch):
    hidden = jnp.tanh(batch["x"] @ params["w1"] + params["b1"])
    log_p = jax.nn.log_softmax(hidden @ params["w2"])
    return -jnp.take_along_axis(log_p, batch["y"][..., None], axis=-1)[..., 0]


def sum_loss(params, batch):
    return weighted_sum(token_losses(params, batch), batch["weights"])


def mean_loss(params, batch):
    """The loss that all of it is about, of a batch in one piece."""
    return (token_losses(params, batch) * batch["weights"]).sum() / batch["weights"].sum()


def rows_of(batch, rows):
    return jax.tree.map(lambda leaf: leaf[rows], batch)
