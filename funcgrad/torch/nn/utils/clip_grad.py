"""Clipping of gradients in place, by the formulas of `funcgrad.optim.clipping`; each call is one recorded equation."""

from __future__ import annotations

import math
from collections.abc import Iterable
from types import GeneratorType
from typing import Any

from funcgrad.errors import warn
from funcgrad.optim import clip_grad_norm as clipped_by_norm
from funcgrad.optim import clip_grad_value as clipped_by_value
from funcgrad.optim import global_norm
from funcgrad.optim.clipping import clip_with_norm
from funcgrad.torch._dispatch import apply
from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._in_place import assign
from funcgrad.torch._listening import listeners
from funcgrad.torch._ops.creation import tensor
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Number, Op

Tensors = Tensor | Iterable[Tensor]

EMPTY_GENERATOR = "`parameters` is an empty generator, no gradient clipping will occur."
DEPRECATED = "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`."
NON_FINITE = (
    "The total norm of order {} for gradients from `parameters` is non-finite, so it cannot be clipped. To disable "
    "this error and scale the gradients by the non-finite norm anyway, set `error_if_nonfinite=False`"
)


def clip_grad_norm_(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale gradients down so that their total norm is at most `max_norm`.

    Args:
        parameters: Whose gradients to clip.
        max_norm: The largest norm.
        norm_type: The order of the norm.
        error_if_nonfinite: Refuse a norm that is infinite or nan; this looks at its value.
        foreach: Without effect: all gradients are clipped at once anyway.

    Returns:
        The total norm before clipping.

    Raises:
        RuntimeError: The norm is refused.
    """
    is_generator = isinstance(parameters, GeneratorType)
    parameters = _listed(parameters)
    if is_generator and not parameters:
        warn(EMPTY_GENERATOR)
    for listener in listeners:
        listener.clips(clip_grad_norm_, parameters, (max_norm, norm_type))
    grads = _grads(parameters)
    if not grads:
        return tensor(0.0)
    if error_if_nonfinite:
        get_total_norm(grads, norm_type, error_if_nonfinite=True)
    with no_grad():
        norm, *clipped = apply(CLIP_NORM, (float(norm_type),), float(max_norm), *grads)
        _write(grads, clipped)
    return norm


def clip_grad_norm(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """`clip_grad_norm_` under its old name."""
    warn(DEPRECATED, FutureWarning)
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


def get_total_norm(
    tensors: Tensors, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Tensor:
    """The norm of all tensors together, as of one vector.

    Args:
        tensors: Gradients, for example.
        norm_type: The order of the norm.
        error_if_nonfinite: Refuse a norm that is infinite or nan; this looks at its value.
        foreach: Without effect.

    Raises:
        RuntimeError: The norm is refused.
    """
    listed = _listed(tensors)
    if not listed:
        return tensor(0.0)
    with no_grad():
        norm = apply(TOTAL_NORM, (float(norm_type),), *listed)
    if error_if_nonfinite and not math.isfinite(norm):
        raise RuntimeError(NON_FINITE.format(float(norm_type)))
    return norm


def clip_grads_with_norm_(
    parameters: Tensors, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale gradients down as `clip_grad_norm_` does, with a norm that is known already.

    Args:
        parameters: Whose gradients to clip.
        max_norm: The largest norm.
        total_norm: The norm to compare with it, from `get_total_norm`.
        foreach: Without effect.
    """
    grads = _grads(_listed(parameters))
    if grads:
        with no_grad():
            _write(grads, apply(CLIP_WITH_NORM, (), float(max_norm), total_norm, *grads))


def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
    """Limit each element of the gradients to `[-clip_value, clip_value]`.

    Args:
        parameters: Whose gradients to clip.
        clip_value: The largest magnitude.
        foreach: Without effect.
    """
    parameters = _listed(parameters)
    for listener in listeners:
        listener.clips(clip_grad_value_, parameters, (clip_value,))
    grads = _grads(parameters)
    if grads:
        with no_grad():
            _write(grads, apply(CLIP_VALUE, (), float(clip_value), *grads))


def _listed(tensors: Tensors) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _grads(parameters: list[Tensor]) -> list[Tensor]:
    return [p._grad for p in parameters if p._grad is not None]


def _write(grads: list[Tensor], clipped: Any) -> None:
    for grad, new in zip(grads, clipped if isinstance(clipped, list) else [clipped], strict=True):
        assign(grad, new)


def _clip_norm(max_norm: Number, *grads: Any, norm_type: float) -> tuple[Any, ...]:
    clipped, norm = clipped_by_norm(grads, max_norm.value, norm_type)
    return (norm, *clipped)


def _clip_with_norm(max_norm: Number, norm: Any, *grads: Any) -> tuple[Any, ...]:
    return clip_with_norm(grads, max_norm.value, norm)


def _clip_value(limit: Number, *grads: Any) -> tuple[Any, ...]:
    limits: list[Any] = [limit.value.astype(grad.dtype) for grad in grads]
    return tuple([clipped_by_value(grad, own) for grad, own in zip(grads, limits, strict=True)])


CLIP_NORM = Op("clip_grad_norm", _clip_norm)
TOTAL_NORM = Op("total_norm", lambda *tensors, norm_type: global_norm(tensors, norm_type))
CLIP_WITH_NORM = Op("clip_grads_with_norm", _clip_with_norm)
CLIP_VALUE = Op("clip_grad_value", _clip_value)
