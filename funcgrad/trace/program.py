"""Program: a trace as one compiled function.

Reads the equations in the order in which they were recorded, leaves out what no wanted result needs, and gives the
memory of dead inputs to the results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import jaxpr_as_fun

from funcgrad.trace import fingerprint, persistence
from funcgrad.trace.equation import Applied, Equation, Slots, fill, number_places, traced
from funcgrad.trace.record import Step
from funcgrad.trace.together import together

Run = Callable[[list[Any], list[Any], Any, Any], list[jax.Array]]


def compile_program(
    step: Step, wanted: tuple[int, ...], donated: tuple[int, ...], shared: tuple[Slots, Slots] | None = None
) -> persistence.Loadable:
    """The trace that ends at `step` as a jitted function, loaded at its first call if an earlier process has kept it.

    Args:
        step: The end of the trace.
        wanted: Indices of the results to return.
        donated: Positions of the inputs whose memory the first results take over, each of its own.
        shared: For each float and each whole number the position at which it is read, where not at its own.

    Returns:
        A function of (donated inputs, other inputs, floats `[f]` float64 or None, ints `[i]` int64 or None).
    """
    path = step.path()
    total = sum(s.admits is not None for s in path)

    def program(given: list[Any], kept: list[Any], floats: Any, ints: Any) -> list[jax.Array]:
        found, others = dict(zip(donated, given, strict=True)), iter(kept)
        inputs = [found[k] if k in found else next(others) for k in range(total)]
        equations = [s.equation for s in path if s.equation is not None]
        apply = together(equations, floats, ints, shared, _as_traced)
        results = evaluate(equations, inputs, floats, ints, wanted, apply, shared)
        return _distinct([results[k] for k in wanted], inputs)

    folder = persistence.folder()
    name = fingerprint.of_trace(step, wanted, donated, shared) if folder else None
    if name is not None:
        program.__name__ = f"program_{name}"
    # Without the option XLA would leave 16-bit results in 32 bits between two operators: not what PyTorch computes.
    run = jax.jit(program, donate_argnums=0, compiler_options={"xla_allow_excess_precision": False})
    file = None if folder is None or name is None else folder / f"funcgrad-{name}"
    return persistence.Loadable(run, file)


def _as_traced(equation: Equation, arrays: list[Any], floats: list[Any], ints: list[Any]) -> Sequence[Any]:
    """The equation's results by what its operator was traced to when its shapes were inferred."""
    return jaxpr_as_fun(traced(equation.op, equation.static, equation.kinds))(*arrays, *floats, *ints)


def _distinct(results: list[Any], inputs: list[Any]) -> list[Any]:
    """The results, each in memory of its own: what shares memory must not be donated later."""
    seen = {id(x) for x in inputs}
    distinct = []
    for x in results:
        x = jnp.copy(x) if id(x) in seen else x
        seen.add(id(x))
        distinct.append(x)
    return distinct


def by_operator(equation: Equation, arrays: list[Any], floats: list[Any], ints: list[Any]) -> Sequence[Any]:
    """The equation's operator on arrays or tracers."""
    return equation.op(list(fill(equation.operands, iter(arrays), iter(floats), iter(ints))), equation.static)


def evaluate(
    equations: Sequence[Equation],
    inputs: Sequence[Any],
    floats: Any,
    ints: Any,
    wanted: Sequence[int],
    apply: Applied = by_operator,
    shared: tuple[Slots, Slots] | None = None,
) -> list[Any]:
    """Results of the equations on arrays or tracers; None for those that no wanted result needs."""
    results: list[Any] = []
    places = number_places(equations, shared)
    for equation, is_needed, (at_floats, at_ints) in zip(equations, needed(equations, wanted), places, strict=True):
        if is_needed:
            arrays = [results[k] if k >= 0 else inputs[~k] for k in equation.operands if isinstance(k, int)]
            results += apply(equation, arrays, [floats[k] for k in at_floats], [ints[k] for k in at_ints])
        else:
            results += [None] * len(equation.results)
    return results


def needed(equations: Sequence[Equation], wanted: Sequence[int]) -> list[bool]:
    """For each equation, whether a wanted result depends on it."""
    starts = _starts(equations)
    alive = set(wanted)
    found = [False] * len(equations)
    for k in range(len(equations) - 1, -1, -1):
        equation = equations[k]
        if alive.isdisjoint(range(starts[k], starts[k] + len(equation.results))):
            continue
        found[k] = True
        alive.update(i for i in equation.operands if isinstance(i, int) and i >= 0)
    return found


def _starts(equations: Sequence[Equation]) -> list[int]:
    """Index of each equation's first result."""
    starts, total = [], 0
    for equation in equations:
        starts.append(total)
        total += len(equation.results)
    return starts
