"""Bilinear form: each output is a product of two vectors with a matrix between them."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from funcgrad.torch._dispatch import apply
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op


def _bilinear(x: Any, y: Any, weight: Any, *bias: Any) -> Any:
    rows = x.reshape(-1, x.shape[-1]), y.reshape(-1, y.shape[-1])
    found = jnp.einsum("ni,oij,nj->no", rows[0], weight, rows[1])
    return (found + bias[0] if bias else found).reshape(*x.shape[:-1], weight.shape[0])


BILINEAR = Op("bilinear", _bilinear, label="Add")


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`input1 @ weight[k] @ input2 + bias[k]` for every output k.

    Args:
        input1: `[..., in1]`.
        input2: `[..., in2]`.
        weight: `[out, in1, in2]`.
        bias: `[out]`, or None.

    Raises:
        RuntimeError: Shapes that do not fit.
    """
    if input1.ndim != input2.ndim:
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {input1.ndim} and {input2.ndim}")
    for d, (a, b) in enumerate(zip(input1.shape[:-1], input2.shape[:-1], strict=True)):
        if a != b:
            raise RuntimeError(f"bilinear(): input batch dimensions do not match at dim {d}: got {a} and {b}")
    for number, x in ((1, input1), (2, input2)):
        if x.shape[-1] != weight.shape[number]:
            raise RuntimeError(
                f"bilinear(): input{number} size does not match weight size: got {x.shape[-1]} but expected "
                f"{weight.shape[number]}"
            )
    return apply(BILINEAR, (), input1, input2, weight, *(() if bias is None else (bias,)))
