"""Jaxprs: the primitives that a function of JAX's is made of, through the functions that they call."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import ShapedArray
from jax.extend.core import ClosedJaxpr, DebugInfo, Jaxpr, Literal
from jax.extend.linear_util import wrap_init
from jax.interpreters.partial_eval import trace_to_jaxpr_dynamic


def jaxpr_of(function: Callable[..., Sequence[Any]], avals: Sequence[jax.ShapeDtypeStruct]) -> ClosedJaxpr:
    """A function of arrays as primitives, at a quarter of the time that `jax.make_jaxpr` takes.

    What would make it fit for calls is left out, and what it calls is not made a function of its own: `jax.numpy` is
    full of small ones, and most shapes are met once. A loop that must stay one says so (`rolled`).

    Args:
        function: Returns a list of arrays.
        avals: Shapes and dtypes of its arguments.
    """
    shaped = [ShapedArray(aval.shape, aval.dtype) for aval in avals]
    info = DebugInfo("jaxpr_of", getattr(function, "__qualname__", "function"), None, None)
    with jax.disable_jit():
        jaxpr, _, constants = trace_to_jaxpr_dynamic(wrap_init(function, debug_info=info), shaped)
    return ClosedJaxpr(jaxpr, constants)


def with_wide_sums(closed: ClosedJaxpr) -> ClosedJaxpr:
    """The same function, but numbers of 16 bits are added up in float32 and rounded once, as PyTorch's kernels do.

    JAX's own sums are so; where it differentiates a broadcast, it adds up in 16 bits.
    """
    if not any(map(_is_narrow_sum, closed.jaxpr.eqns)):
        return closed

    def function(*operands: Any) -> list[Any]:
        values: dict[Any, Any] = dict(zip(closed.jaxpr.constvars, closed.consts, strict=True))
        values.update(zip(closed.jaxpr.invars, operands, strict=True))

        def read(place: Any) -> Any:
            return place.val if isinstance(place, Literal) else values[place]

        for equation in closed.jaxpr.eqns:
            given = [read(place) for place in equation.invars]
            if _is_narrow_sum(equation):
                found = jax.lax.reduce_sum(_widened(given[0]), **equation.params).astype(given[0].dtype)
            else:
                found = equation.primitive.bind(*given, **equation.primitive.get_bind_params(equation.params))
            values.update(zip(equation.outvars, found if equation.primitive.multiple_results else [found], strict=True))
        return [read(place) for place in closed.jaxpr.outvars]

    return jaxpr_of(function, closed.in_avals)


def _widened(x: Any) -> Any:
    """Numbers of 16 bits in float32; without saying so again XLA takes them as they were before they were rounded."""
    bits = jnp.finfo(x.dtype)
    return jax.lax.reduce_precision(x.astype(np.float32), int(bits.nexp), int(bits.nmant))


def _is_narrow_sum(equation: Any) -> bool:
    dtype = equation.invars[0].aval.dtype if equation.primitive.name == "reduce_sum" else None
    return dtype is not None and dtype.itemsize == 2 and jnp.issubdtype(dtype, np.floating)


def rolled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its loops left loops in an operator: without it their turns are written out one by one."""

    @functools.wraps(function)
    def run(*arguments: Any, **options: Any) -> Any:
        with jax.disable_jit(False):
            return function(*arguments, **options)

    return run


_CALLS = {"jit": "jaxpr", "closed_call": "call_jaxpr", "custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr"}
"""Primitives that call a function, and the parameter that holds it."""


def called_by(equation: Any) -> ClosedJaxpr | None:
    """The function that a primitive calls, whatever the numbers are; None if it calls none."""
    name, params = equation.primitive.name, equation.params
    if name in _CALLS:
        return params[_CALLS[name]]
    if name == "remat2":
        return ClosedJaxpr(params["jaxpr"], ())
    if name == "custom_linear_solve":
        return params["jaxprs"].solve
    if name == "cond" and params.get("branches_platforms"):
        return params["branches"][place_of_cpu(params["branches_platforms"])]
    return None


def has_loop(jaxpr: Jaxpr) -> bool:
    """Whether an equation of it, or of a function that it calls, is a loop."""
    for equation in jaxpr.eqns:
        called = called_by(equation)
        if equation.primitive.name in ("scan", "while") or (called is not None and has_loop(called.jaxpr)):
            return True
    return False


def place_of_cpu(platforms: Sequence[tuple[str, ...] | None]) -> int:
    """The position of the CPU's branch, or of the one for all other platforms."""
    return next(k for k, names in enumerate(platforms) if names is None or "cpu" in names)


def primitives_of(jaxpr: Jaxpr, times: int = 1) -> Iterator[tuple[int, Any]]:
    """The equations that call nothing, each with how often it runs: a loop's as often as that turns."""
    for equation in jaxpr.eqns:
        called = called_by(equation)
        if called is not None:
            yield from primitives_of(called.jaxpr, times)
        elif equation.primitive.name == "scan":
            yield from primitives_of(equation.params["jaxpr"].jaxpr, times * equation.params["length"])
        else:
            yield times, equation
