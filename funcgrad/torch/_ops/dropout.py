"""Dropout: elements, channels or units set to zero at random, with PyTorch's own masks.

A mask is drawn on the host and enters the program as data. Without training, and for probabilities 0 and 1, nothing
is drawn.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from funcgrad.errors import warn
from funcgrad.torch import _random
from funcgrad.torch._dispatch import apply
from funcgrad.torch._in_place import assign, check_writable
from funcgrad.torch._layout import strides_of
from funcgrad.torch._ops.promotion import cast
from funcgrad.torch._ops.rounding import rounded
from funcgrad.torch._ops.rows import require_tensor
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch.random import default_generator
from funcgrad.trace import Op, constant, without_data

_SELU_FLOOR = -1.7580993408473766  # selu's value at minus infinity, which alpha dropout puts in place of what it drops


def _scaled(x: Any, mask: Any, keep: Any) -> Any:
    return x * (mask.astype(x.dtype) / cast(keep, x.dtype))


def _restandardized(x: Any, mask: Any, slope: Any, offset: Any, shift: Any) -> Any:
    """Where the mask is 0 the floor of selu, then affine, so that mean and variance stay."""
    kept = mask.astype(x.dtype)
    floor = (kept - 1) * cast(offset, x.dtype) + cast(shift, x.dtype)
    return rounded(kept * cast(slope, x.dtype), x) + floor


DROPOUT = Op("dropout", _scaled, saves={0: (1,)}, label="Mul")
ALPHA_DROPOUT = Op("alpha_dropout", _restandardized, saves={0: (1,)}, label="Add")
ZEROED = Op("dropout_all", lambda x: x * 0, saves={0: ()}, label="Mul")


def mask_for(x: Tensor, p: float) -> np.ndarray:
    """The elements of a tensor that dropout keeps, drawn in the order of PyTorch's memory."""
    order = np.argsort([-step for step in strides_of(x)], kind="stable")
    drawn = _random.dropout_mask(default_generator, p, tuple(x._aval.shape[d] for d in order))
    return np.array(drawn.transpose(np.argsort(order)), order="C")  # which keeps a 0-dimensional array so


def _channel_mask(x: Tensor, p: float) -> np.ndarray:
    if x.ndim < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    return _random.dropout_mask(default_generator, p, (*x._aval.shape[:2], *[1] * (x.ndim - 2)))


def _plain(x: Tensor, p: float, mask: Tensor) -> Tensor:
    return apply(DROPOUT, (), x, mask, 1.0 - p)


def _alpha(x: Tensor, p: float, mask: Tensor) -> Tensor:
    slope = 1.0 / math.sqrt((_SELU_FLOOR * _SELU_FLOOR * p + 1.0) * (1.0 - p))
    return apply(ALPHA_DROPOUT, (), x, mask, slope, -_SELU_FLOOR * slope, -_SELU_FLOOR * slope * p)


def _drop(x: Tensor, p: float, training: bool, inplace: bool, draw: Any, combine: Any) -> Tensor:
    _check_probability(p)
    if not training or p == 0 or x._aval.size == 0:
        return x
    result = apply(ZEROED, (), x) if p == 1 else combine(x, p, _mask(x, p, draw))
    if not inplace:
        return result
    check_writable(x)
    return assign(x, result)


def _mask(x: Tensor, p: float, draw: Any) -> Tensor:
    """What is kept; for a tensor on `meta` nothing is drawn."""
    return wrap(without_data(x._aval) if x.is_meta else constant(draw(x, p)))


def _check_probability(p: float) -> None:
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero each element with probability `p` and divide the others by `1 - p`.

    Args:
        input: Any shape.
        p: Probability of an element to be zeroed.
        training: Without it the input comes back as it is.
        inplace: Whether to change the input itself.

    Raises:
        ValueError: `p` is no probability.
    """
    require_tensor(input, "dropout")
    return _drop(input, p, training, inplace, mask_for, _plain)


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout that keeps the mean and variance of selu's outputs; arguments as for `dropout`."""
    return _drop(input, p, training, inplace, mask_for, _alpha)


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Alpha dropout of whole channels; arguments as for `dropout`."""
    return _drop(input, p, training, inplace, _channel_mask, _alpha)


def feature_dropout(x: Tensor, p: float, training: bool, inplace: bool) -> Tensor:
    return _drop(x, p, training, inplace, _channel_mask, _plain)


def _as_batch_of_one(x: Any, p: float, training: bool, inplace: bool) -> Tensor:
    if inplace:
        return feature_dropout(x.unsqueeze_(0), p, training, True).squeeze_(0)
    return feature_dropout(x.unsqueeze(0), p, training, False).squeeze(0)


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Dropout of whole channels of `[batch, channels, length]` or `[channels, length]`."""
    _check_probability(p)
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input. Note that dropout1d exists to "
            "provide channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional "
            "batch dimension (i.e. 2D or 3D inputs)."
        )
    return (feature_dropout if input.ndim == 3 else _as_batch_of_one)(input, p, training, inplace)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Dropout of whole channels of `[batch, channels, height, width]`; 3 dimensions are `[batch, channels, length]`."""
    _check_probability(p)
    if input.ndim not in (3, 4):
        warn(_OLD_DIMENSIONS.format(name="dropout2d", ndim=input.ndim, spatial=2, first=3, second=4))
    if input.ndim == 3:
        warn(_NOT_A_BATCH)
    return feature_dropout(input, p, training, inplace)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Dropout of whole channels of `[batch, channels, depth, height, width]`, or of one such sample."""
    _check_probability(p)
    if input.ndim not in (4, 5):
        warn(_OLD_DIMENSIONS.format(name="dropout3d", ndim=input.ndim, spatial=3, first=4, second=5))
    return (feature_dropout if input.ndim == 5 else _as_batch_of_one)(input, p, training, inplace)


_OLD_DIMENSIONS = (
    "{name}: Received a {ndim}-D input to {name}, which is deprecated and will result in an error in a future release. "
    "To retain the behavior and silence this warning, please use dropout instead. Note that {name} exists to provide "
    "channel-wise dropout on inputs with {spatial} spatial dimensions, a channel dimension, and an optional batch "
    "dimension (i.e. {first}D or {second}D inputs)."
)
_NOT_A_BATCH = (
    "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired - input "
    "is interpreted as shape (N, C, L), where C is the channel dim. This behavior will change in a future release to "
    "interpret the input as one without a batch dimension, i.e. shape (C, H, W). To maintain the 1D channel-wise "
    "dropout behavior, please switch to using dropout1d instead."
)
