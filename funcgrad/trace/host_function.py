"""Host functions: a traced operator as a list of NumPy calls, without those that nothing needs."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

from funcgrad.trace.exactness import CALLS
from funcgrad.trace.host_primitives import ALONE, ROWS, UncoveredError


class _Call(NamedTuple):
    """A NumPy function on numbered places."""

    function: Callable[..., Any]
    arguments: tuple[int, ...]
    made: tuple[int, ...]
    dtypes: tuple[np.dtype[Any], ...]


class HostFunction:
    """JAX's primitives as NumPy calls on places, which hold constants, the operands, and what the calls make.

    Args:
        traced: The primitives.

    Raises:
        UncoveredError: One of them has no row.
    """

    def __init__(self, traced: ClosedJaxpr) -> None:
        self._places: list[Any] = []  # constants; None for what a run puts there
        self._calls: list[_Call] = []
        self._operands = [self._new() for _ in traced.jaxpr.invars]
        self._results = self._inline(traced.jaxpr, traced.consts, self._operands)
        self._calls = _contracted(_needed(self._calls, self._results), self._results)

    def __call__(self, operands: Sequence[Any]) -> list[Any]:
        """The results for NumPy arrays; they may share memory with the operands, and constants are not writeable.

        Raises:
            UncoveredError: A case that a row does not know.
        """
        places = self._places.copy()
        for place, x in zip(self._operands, operands, strict=True):
            places[place] = x
        for function, arguments, made, dtypes in self._calls:
            found = function(*[places[k] for k in arguments])
            if type(found) is np.ndarray and found.dtype is dtypes[0]:
                places[made[0]] = found
            else:
                for place, x, dtype in zip(made, found if type(found) is list else (found,), dtypes, strict=True):
                    places[place] = np.asarray(x, dtype)
        return [places[k] for k in self._results]

    def _new(self, constant: Any = None) -> int:
        if constant is not None:
            constant = np.asarray(constant).view()
            constant.flags.writeable = False
        self._places.append(constant)
        return len(self._places) - 1

    def _inline(self, jaxpr: Jaxpr, constants: Sequence[Any], operands: Sequence[int]) -> list[int]:
        """Append the calls of a function, and return the places of its results."""
        known: dict[Any, int] = dict(zip(jaxpr.constvars, map(self._new, constants), strict=True))
        known.update(zip(jaxpr.invars, operands, strict=True))

        def place(v: Any) -> int:
            aval: Any = v.aval
            return self._new(np.asarray(v.val, aval.dtype)) if isinstance(v, Literal) else known[v]

        for equation in jaxpr.eqns:
            arguments = [place(v) for v in equation.invars]
            taken, avals = _avals(equation.invars), _avals(equation.outvars)
            name, params = equation.primitive.name, equation.params
            if name in CALLS:
                called = params[CALLS[name]]
                made = self._inline(called.jaxpr, called.consts, arguments)
            elif name == "convert_element_type" and taken[0].dtype == params["new_dtype"]:
                made = arguments
            else:
                made = [self._new() for _ in avals]
                dtypes = tuple(np.dtype(aval.dtype) for aval in avals)
                self._calls.append(_Call(_function(name, params), tuple(arguments), tuple(made), dtypes))
            known.update(zip(equation.outvars, made, strict=True))
        return [place(v) for v in jaxpr.outvars]


def is_covered(jaxpr: Jaxpr) -> bool:
    """Whether each primitive has a row, as far as its name tells."""
    for equation in jaxpr.eqns:
        name, params = equation.primitive.name, equation.params
        inner = params[CALLS[name]].jaxpr if name in CALLS else params["jaxpr"].jaxpr if name == "scan" else None
        if not (name in ALONE or name in ROWS if inner is None else is_covered(inner)):
            return False
    return True


def _avals(variables: Any) -> list[Any]:
    return [v.aval for v in variables]


def _function(name: str, params: dict[str, Any]) -> Callable[..., Any]:
    if name in ALONE:
        return ALONE[name]
    if name == "scan":
        return functools.partial(_scanned, HostFunction(params["jaxpr"]), params)
    if name not in ROWS:
        raise UncoveredError(name)
    return functools.partial(ROWS[name], **params) if params else ROWS[name]


def _scanned(body: HostFunction, params: dict[str, Any], *operands: Any) -> list[Any]:
    n_kept, n_carried, length = params["num_consts"], params["num_carry"], params["length"]
    if not length:
        raise UncoveredError("scan over nothing")
    kept, carried, xs = operands[:n_kept], [*operands[n_kept : n_kept + n_carried]], operands[n_kept + n_carried :]
    rows: list[Any] = [None] * length
    for k in range(length)[:: -1 if params["reverse"] else 1]:
        made = body([*kept, *carried, *[np.asarray(x[k]) for x in xs]])
        carried, rows[k] = made[:n_carried], made[n_carried:]
    return [*carried, *map(np.stack, zip(*rows, strict=True))]


def _contracted(calls: list[_Call], results: list[int]) -> list[_Call]:
    """With each 32-bit product that is only added left unrounded, as in XLA's and PyTorch's kernels."""
    uses = Counter([*results, *(k for call in calls for k in call.arguments)])
    products = {call.made[0]: call for call in calls if call.function is np.multiply and call.dtypes[0] == np.float32}
    contracted = []
    for call in calls:
        places = call.arguments if call.function in _SUMS else ()
        at = next((at for at, k in enumerate(places) if k in products and uses[k] == 1), None)
        if at is not None:
            arguments = (*products[places[at]].arguments, places[1 - at])
            call = call._replace(function=_SUMS[call.function][at], arguments=arguments)
        contracted.append(call)
    return _needed(contracted, results)


def _product(x: Any, y: Any) -> Any:
    return np.multiply(x, y, dtype=np.float64)  # exact


_SUMS: dict[Callable[..., Any], tuple[Callable[..., Any], Callable[..., Any]]] = {
    np.add: (lambda x, y, z: _product(x, y) + z, lambda x, y, z: z + _product(x, y)),
    np.subtract: (lambda x, y, z: _product(x, y) - z, lambda x, y, z: z - _product(x, y)),
}
"""Sums whose first, or second, operand is a product."""


def _needed(calls: list[_Call], results: list[int]) -> list[_Call]:
    """The calls on which a result depends."""
    alive, needed = set(results), []
    for call in reversed(calls):
        if not alive.isdisjoint(call.made):
            alive.update(call.arguments)
            needed.append(call)
    return needed[::-1]
