"""Connectionist temporal classification: the likelihood of a label sequence, summed over all its alignments.

The forward recursion runs over time in one scan; lengths are data, so batches of one shape share a program.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._ops.creation import tensor
from funcgrad.torch._ops.loss_reduction import checked_reduction, reduced
from funcgrad.torch._ops.promotion import scalar_name
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch._types import int64
from funcgrad.trace import Op, array_of, constant, rolled


def _alignments(log_p: Any, labels: Any, lengths: Any, label_lengths: Any, blank: int) -> Any:
    """Minus the logarithm of the probability of the labels, `[batch]`.

    Args:
        log_p: `[time, batch, classes]`.
        labels: `[batch, longest]`.
        lengths: `[batch]`: how much of the time counts.
        label_lengths: `[batch]`: how many of the labels count.
        blank: The class between labels.
    """
    batch, longest = labels.shape
    states = jnp.full((batch, 2 * longest + 1), blank, labels.dtype).at[:, 1::2].set(labels)
    before = jnp.pad(states, ((0, 0), (2, 0)), constant_values=blank)[:, :-2]
    skips = (states != blank) & (states != before)
    emitted = jnp.take_along_axis(log_p, jnp.broadcast_to(states, (log_p.shape[0], *states.shape)), 2)
    reach = jnp.arange(states.shape[1])
    start = jnp.where(reach < jnp.minimum(2, 1 + 2 * label_lengths[:, None]), emitted[0], -np.inf)

    def step(alpha: Any, at: Any) -> Any:
        time, emission = at
        padded = jnp.pad(alpha, ((0, 0), (2, 0)), constant_values=-np.inf)
        reached = _log_sum(alpha, padded[:, 1:-1], jnp.where(skips, padded[:, :-2], -np.inf)) + emission
        return jnp.where((time < lengths)[:, None], reached, alpha), None

    alpha, _ = rolled(jax.lax.scan)(step, start, (jnp.arange(1, log_p.shape[0]), emitted[1:]))
    last = jnp.take_along_axis(alpha, 2 * label_lengths[:, None], 1)[:, 0]
    label = jnp.take_along_axis(alpha, jnp.maximum(2 * label_lengths - 1, 0)[:, None], 1)[:, 0]
    total = _log_sum(last, jnp.where(label_lengths > 0, label, -np.inf))
    return jnp.where(lengths > 0, -total, jnp.where(label_lengths > 0, np.inf, 0))


def _log_sum(*terms: Any) -> Any:
    """Logarithm of the sum of exponentials; where all are minus infinity it is that, with gradient 0."""
    largest = jax.lax.stop_gradient(jnp.max(jnp.stack(terms), 0))
    is_possible = largest > -np.inf
    shift = jnp.where(is_possible, largest, 0)
    total = sum(jnp.exp(jnp.where(is_possible, term - shift, -np.inf)) for term in terms)
    return jnp.where(is_possible, jnp.log(jnp.where(is_possible, total, 1)) + shift, -np.inf)


@jax.custom_vjp
def _losses(log_p: Any, labels: Any, lengths: Any, label_lengths: Any, blank: Any) -> Any:
    return _alignments(log_p, labels, lengths, label_lengths, blank)


def _losses_forward(log_p: Any, labels: Any, lengths: Any, label_lengths: Any, blank: Any) -> Any:
    losses, pull = jax.vjp(lambda x: _alignments(x, labels, lengths, label_lengths, blank), log_p)
    return losses, (pull, log_p, lengths, losses)


def _losses_gradient(saved: Any, g: Any) -> Any:
    """PyTorch's gradient: that of the softmax's input, so that a log_softmax before it passes it on unchanged."""
    pull, log_p, lengths, losses = saved
    (posterior,) = pull(jnp.where(jnp.isfinite(losses), g, 0))
    gradient = jnp.exp(log_p) * g[:, None] + posterior
    gradient = jnp.where(jnp.isfinite(losses)[:, None] | (g == 0)[:, None], gradient, np.nan)
    is_counted = (jnp.arange(log_p.shape[0])[:, None] < lengths)[:, :, None]
    return jnp.where(is_counted, gradient, 0), None, None, None, None


_losses.defvjp(_losses_forward, _losses_gradient)


def _ctc(
    log_p: Any,
    labels: Any,
    lengths: Any,
    label_lengths: Any,
    *,
    blank: int,
    reduction: str,
    zero_infinity: bool,
) -> Any:
    rows = log_p if log_p.ndim == 3 else log_p[:, None]
    losses = _losses(rows, labels, lengths, label_lengths, blank)
    if zero_infinity:
        losses = jnp.where(jnp.isinf(losses), 0, losses)
    if reduction == "mean":
        return jnp.mean(losses / jnp.maximum(label_lengths, 1))
    return reduced(losses if log_p.ndim == 3 else losses[0], reduction)


CTC = Op("ctc_loss", _ctc, label="CtcLoss")


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Connectionist temporal classification loss.

    Args:
        log_probs: `[time, batch, classes]` or `[time, classes]`.
        targets: `[batch, longest]`, or all labels one after another.
        input_lengths: `[batch]`: how much of the time counts.
        target_lengths: `[batch]`: how many labels each sample has.
        blank: The class between labels.
        reduction: `mean` (of losses divided by target lengths), `sum` or `none`.
        zero_infinity: Whether impossible alignments count as 0.

    Raises:
        RuntimeError: Lengths or a blank that do not fit.
    """
    reduction = checked_reduction(reduction)
    input_lengths, target_lengths = (_lengths(x) for x in (input_lengths, target_lengths))
    time, classes = log_probs.shape[0], log_probs.shape[-1]
    batch = log_probs.shape[1] if log_probs.ndim == 3 else 1
    _check(log_probs, batch, classes, blank, input_lengths, target_lengths)
    if np.max(input_lengths, initial=0) > time:
        wrong = int(np.argmax(input_lengths > time))
        raise RuntimeError(
            f"Expected input_lengths to have value at most {time}, but got value {input_lengths[wrong]} (while "
            "checking arguments for ctc_loss_allocate_outputs)"
        )
    labels = _rows_of_labels(targets, target_lengths, batch)
    given = (wrap(constant(x)) for x in (input_lengths, target_lengths))
    return apply(CTC, (blank, reduction, zero_infinity), log_probs, labels, *given)


def _lengths(x: Any) -> np.ndarray:
    values = np.asarray(array_of(value_of(x), "ctc_loss")) if isinstance(x, Tensor) else np.asarray(x)
    return np.atleast_1d(values).astype(np.int64)


def _check(log_p: Tensor, batch: int, classes: int, blank: int, lengths: np.ndarray, labels: np.ndarray) -> None:
    if log_p._aval.dtype.name not in ("float32", "float64"):
        raise RuntimeError(f"\"ctc_loss_cpu\" not implemented for '{scalar_name(log_p._aval.dtype)}'")
    if not 0 <= blank < classes:
        raise RuntimeError("blank must be in label range")
    if len(lengths) != batch:
        raise RuntimeError("input_lengths must be of size batch_size")
    if len(labels) != batch:
        raise RuntimeError("target_lengths must be of size batch_size")


def _rows_of_labels(targets: Tensor, lengths: np.ndarray, batch: int) -> Tensor:
    """A row of labels for each sample, padded."""
    if targets.ndim == 2:
        return targets
    if batch == 1:
        return targets.reshape(1, -1)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    positions = starts[:, None] + np.arange(int(lengths.max(initial=0)))
    return targets[tensor(np.minimum(positions, targets._aval.size - 1), dtype=int64)]
