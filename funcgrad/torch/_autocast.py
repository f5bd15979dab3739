"""Autocasting: which operators run in a lower precision, which in float32, which in the widest of their operands.

`set_dtype` puts `cast` in front of every operator, and takes it away again; off, it costs nothing.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from funcgrad.torch._dispatch import fronts
from funcgrad.torch._ops.copying import to_dtype
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import dtype, dtype_of, float32, float64
from funcgrad.trace import Op

LOWER = frozenset(
    {
        "mm",
        "bmm",
        "matmul",
        "linear",
        "addmm",
        "addbmm",
        "baddbmm",
        "einsum",
        "tensordot",
        "inner",
        "convolution",
        "conv_transpose",
        "scaled_dot_product_attention",
        "rnn_relu_cell",
        "rnn_relu_layer",
        "rnn_tanh_cell",
        "rnn_tanh_layer",
        "lstm_cell",
        "lstm_layer",
    }
)
"""Products of matrices; a product of a matrix and a vector only as `matmul`."""

FULL = frozenset(
    {
        "mse_loss",
        "l1_loss",
        "smooth_l1_loss",
        "huber_loss",
        "binary_cross_entropy",
        "binary_cross_entropy_with_logits",
        "kl_div",
        "cross_entropy",
        "soft_cross_entropy",
        "nll_loss",
        "cosine_embedding_loss",
        "hinge_embedding_loss",
        "triplet_margin_loss",
        "poisson_nll_loss",
        "multi_margin_loss",
        "soft_margin_loss",
        "margin_ranking_loss",
        "multilabel_margin_loss",
        "ctc_loss",
        "prod",
        "trace",
        "cdist",
        "quantile",
        "cholesky",
    }
)
"""Sums and products of many terms in which low precision would lose too much."""

WIDEST = frozenset({"cat", "stack"})


class _State(threading.local):
    dtype: dtype | None = None  # the lower precision; None while autocasting is off


state = _State()


def set_dtype(lower: dtype | None) -> None:
    """Autocast to a dtype from now on in this thread, or not at all."""
    if state.dtype is None and lower is not None:
        fronts.append(cast)
    elif state.dtype is not None and lower is None:
        fronts.remove(cast)
    state.dtype = lower


def cast(op: Op, operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """The operands in the precision in which an operator is to run."""
    lower = state.dtype
    if lower is None:  # another thread autocasts
        return operands
    if op.name in LOWER:
        return _cast_to(lower, operands)
    if op.name in FULL:
        return _cast_to(float32, operands)
    return _cast_to(_widest(operands), operands) if op.name in WIDEST else operands


def _cast_to(wanted: dtype, operands: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple([to_dtype(x, wanted) if _is_eligible(x) and x.dtype is not wanted else x for x in operands])


def _is_eligible(x: Any) -> bool:
    return isinstance(x, Tensor) and x.dtype.is_floating_point and x.dtype is not float64


def _widest(operands: tuple[Any, ...]) -> dtype:
    widths = [x.dtype.numpy for x in operands if _is_eligible(x)]
    return dtype_of(max(widths, key=lambda d: np.dtype(d).itemsize)) if widths else float32
