"""Adaptive softmax: frequent classes in a head, the rest in clusters that the head stands for by one class each."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from funcgrad.trace import Op


def _log_likelihood(head: Any, target: Any, *tails: Any, cutoffs: tuple[int, ...]) -> Any:
    """Log probability of each target `[batch]`, from the scores of the head and of each cluster."""
    shortlist = cutoffs[0]
    in_head = target
    inside = jnp.zeros(target.shape, head.dtype)
    for k, scores in enumerate(tails):
        is_here = (target >= cutoffs[k]) & (target < cutoffs[k + 1])
        place = jnp.where(is_here, target - cutoffs[k], 0)
        log_p = jnp.take_along_axis(jax.nn.log_softmax(scores, 1), place[:, None], 1)[:, 0]
        inside = inside + jnp.where(is_here, log_p, 0)
        in_head = jnp.where(is_here, shortlist + k, in_head)
    return inside + jnp.take_along_axis(jax.nn.log_softmax(head, 1), in_head[:, None], 1)[:, 0]


def _log_probabilities(head: Any, *tails: Any, shortlist: int) -> Any:
    """Log probabilities of all classes `[batch, classes]`."""
    of_head = jax.nn.log_softmax(head, 1)
    of_tails = [jax.nn.log_softmax(x, 1) + of_head[:, shortlist + k, None] for k, x in enumerate(tails)]
    return jnp.concatenate([of_head[:, :shortlist], *of_tails], 1)


LOG_LIKELIHOOD = Op("adaptive_log_likelihood", _log_likelihood, label="Add")
LOG_PROBABILITIES = Op("adaptive_log_probabilities", _log_probabilities, label="CopySlices")
