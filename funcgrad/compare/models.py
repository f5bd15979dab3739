"""The models, each written twice: as a PyTorch module with state, and as a pure function of its parameters.

The parameters of both have the same names.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

import funcgrad.torch as torch
from funcgrad.compare.digits import PIXELS
from funcgrad.torch import nn

Params = dict[str, Any]


class Classifier(nn.Module):
    """A perceptron with one hidden layer."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Linear(PIXELS, hidden), nn.ReLU())
        self.digit = nn.Linear(hidden, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the logits of the ten digits."""
        return self.digit(self.features(images))


class TwoHeads(nn.Module):
    """The classifier with a second head, which says whether the digit is odd."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Linear(PIXELS, hidden), nn.ReLU())
        self.digit = nn.Linear(hidden, 10)
        self.parity = nn.Linear(hidden, 2)


def linear(params: Params, name: str, x: jax.Array) -> jax.Array:
    """Apply the layer of this name, as `nn.Linear` does: x Wᵀ + b."""
    return x @ params[f"{name}.weight"].T + params[f"{name}.bias"]


def features(params: Params, images: jax.Array) -> jax.Array:
    """Return the hidden layer, float32[batch, hidden]."""
    return jnp.maximum(linear(params, "features.0", images), 0)


def digit_logits(params: Params, images: jax.Array) -> jax.Array:
    """Return the logits of the ten digits, float32[batch, 10]."""
    return linear(params, "digit", features(params, images))


def cross_entropy(logits: jax.Array, labels: jax.Array) -> jax.Array:
    """Return the mean of -log softmax(logits)[label], as `nn.CrossEntropyLoss` does."""
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits, axis=1), labels[:, None], axis=1))


def digit_loss(params: Params, batch: Any) -> jax.Array:
    """Loss of `Classifier` on a batch (images, labels)."""
    images, labels = batch
    return cross_entropy(digit_logits(params, images), labels)


def two_headed_loss(params: Params, batch: Any) -> jax.Array:
    """Loss of `TwoHeads` on a batch (images, labels, whether they are odd, 1.0 if the second head is used else 0.0)."""
    images, labels, odd, used = batch
    hidden = features(params, images)
    loss = cross_entropy(linear(params, "digit", hidden), labels)
    return loss + used * cross_entropy(linear(params, "parity", hidden), odd)


def accuracy(params: Params, images: jax.Array, labels: jax.Array) -> jax.Array:
    """Return the share of images whose digit has the largest logit."""
    return jnp.mean(jnp.argmax(digit_logits(params, images), axis=1) == labels)
