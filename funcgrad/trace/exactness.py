"""Exactness: which operators only move, compare and count, so that any way to compute them gives the same bits."""

from __future__ import annotations

from typing import Any

from jax.extend.core import Jaxpr

from funcgrad.trace.jaxprs import primitives_of

_MOVES = frozenset(
    {"copy", "copy_p", "stop_gradient", "select_n", "convert_element_type", "broadcast_in_dim", "reshape", "squeeze"}
    | {"transpose", "rev", "slice", "dynamic_slice", "dynamic_update_slice", "concatenate", "split", "pad", "iota"}
    | {"gather", "scatter", "sort", "stack", "unstack", "tile", "complex", "real", "imag", "conj", "neg", "abs"}
)
"""Primitives that round nothing."""


def is_exact(jaxpr: Jaxpr) -> bool:
    """Whether each of the primitives rounds nothing, or makes whole numbers."""
    return all(
        equation.primitive.name in _MOVES or all(_counts(v.aval) for v in equation.outvars)
        for _, equation in primitives_of(jaxpr)
    )


def _counts(aval: Any) -> bool:
    return aval.dtype.kind in "biu"
