"""Exactness: which operators only move, compare and count, so that any way to compute them gives the same bits."""

from __future__ import annotations

from typing import Any

from jax.extend.core import Jaxpr

CALLS = {"jit": "jaxpr", "closed_call": "call_jaxpr", "custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr"}
"""Primitives that call a function, and the parameter that holds it."""

_MOVES = frozenset(
    {"copy", "copy_p", "stop_gradient", "select_n", "convert_element_type", "broadcast_in_dim", "reshape", "squeeze"}
    | {"transpose", "rev", "slice", "dynamic_slice", "dynamic_update_slice", "concatenate", "split", "pad", "iota"}
    | {"gather", "scatter", "sort", "stack", "unstack", "tile", "complex", "real", "imag", "conj", "neg", "abs"}
)
"""Primitives that round nothing."""


def is_exact(jaxpr: Jaxpr) -> bool:
    """Whether each of the primitives rounds nothing, or makes whole numbers."""
    for equation in jaxpr.eqns:
        name: str = equation.primitive.name
        if name in CALLS:
            if not is_exact(equation.params[CALLS[name]].jaxpr):
                return False
        elif name not in _MOVES and any(not _counts(v.aval) for v in equation.outvars):
            return False
    return True


def _counts(aval: Any) -> bool:
    return aval.dtype.kind in "biu"
