"""Projections of an attention's inputs, under the names that layers copied out of PyTorch import."""

from __future__ import annotations

from typing import Any

from funcgrad.torch._ops.linalg import linear
from funcgrad.torch._tensor import Tensor


def _in_projection_packed(q: Any, k: Any, v: Any, w: Tensor, b: Tensor | None = None) -> tuple[Tensor, ...]:
    """Queries, keys and values by one packed weight `[3 * embed, embed]`: one tensor's share a product."""
    counts = (1, 1, 1) if k is not v else (1, 2) if q is not k else (3,)
    sizes = [count * q.shape[-1] for count in counts]
    biases = [None] * len(counts) if b is None else b.split(sizes)
    made: list[Tensor] = []
    for x, count, weight, bias in zip((q, k, v), counts, w.split(sizes), biases, strict=False):
        made += _parts(linear(x, weight, bias), count)
    return tuple(made)


def _parts(x: Tensor, count: int) -> list[Tensor]:
    """The last dimension in equal parts, each in one piece in memory."""
    if count == 1:
        return [x]
    parts = x.unflatten(-1, (count, -1)).movedim(-2, 0).contiguous()
    return [parts[i] for i in range(count)]


def _in_projection(
    q: Any,
    k: Any,
    v: Any,
    w_q: Tensor,
    w_k: Tensor,
    w_v: Tensor,
    b_q: Tensor | None = None,
    b_k: Tensor | None = None,
    b_v: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values by a weight each, all as wide as the queries.

    Raises:
        AssertionError: A weight or a bias has another shape.
    """
    embed = q.shape[-1]
    inputs, weights, biases = {"query": q, "key": k, "value": v}, (w_q, w_k, w_v), (b_q, b_k, b_v)
    for (name, x), weight in zip(inputs.items(), weights, strict=True):
        _check(f"{name} weights", (embed, x.shape[-1]), weight)
    for name, bias in zip(inputs, biases, strict=True):
        if bias is not None:
            _check(f"{name} bias", (embed,), bias)
    return linear(q, w_q, b_q), linear(k, w_k, b_k), linear(v, w_v, b_v)


def _check(name: str, shape: tuple[int, ...], found: Tensor) -> None:
    if tuple(found.shape) != shape:
        raise AssertionError(f"expecting {name} shape of {shape}, but got {found.shape}")
