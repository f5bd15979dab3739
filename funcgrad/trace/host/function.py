"""Host functions: a traced operator as a chain of NumPy calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

from funcgrad.trace.host.calls import Call, Kind, contracted, in_place, needed, written
from funcgrad.trace.host.lanes import merged
from funcgrad.trace.host.primitives import ELEMENTWISE, LISTS, ROWS, reshaped
from funcgrad.trace.host.row import Function, UncoveredError
from funcgrad.trace.jaxprs import called_by, primitives_of

SAME = frozenset({"copy", "copy_p", "stop_gradient", "kept", "shared"})
"""Primitives whose result is their operand."""

FEW = 1 << 12
"""Elements of a constant that is computed in advance at most, and of an array that is not worth sharing memory."""


def host_function(traced: ClosedJaxpr) -> Function:
    """JAX's primitives as a Python function of NumPy arrays.

    Its results, a list, may share memory with its operands; constants among them are not writeable. It raises
    `UncoveredError` for a case that a row does not know.

    Args:
        traced: The primitives.

    Raises:
        UncoveredError: One of them has no row.
    """
    chain = _Chain()
    operands = [chain.place(tuple(aval.shape), aval.dtype) for aval in _avals(traced.jaxpr.invars)]
    made = chain.inline(traced.jaxpr, traced.consts, operands)
    results = [chain.whole(k, aval) for k, aval in zip(made, _avals(traced.jaxpr.outvars), strict=True)]
    calls = contracted(needed(chain.calls, results), results)
    calls = merged(calls, chain.kinds, results)
    return written(in_place(calls, results), operands, results, chain.constants)


def is_covered(jaxpr: Jaxpr) -> bool:
    """Whether each primitive has a row, as far as its name tells."""
    return all(equation.primitive.name in _NAMES for _, equation in primitives_of(jaxpr))


_NAMES = {*ELEMENTWISE, *ROWS, *SAME, "broadcast_in_dim", "iota"}


class _Chain:
    """Calls on places, each of which has the shape that NumPy sees there.

    That can be a smaller one, which NumPy would broadcast to the shape that JAX sees: a bias is added, and a constant
    compared, without being repeated first.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.constants: dict[int, Any] = {}
        self.kinds: list[Kind] = []
        self._whole: dict[tuple[int, tuple[int, ...]], int] = {}
        self._computed: dict[tuple[Any, ...], list[int]] = {}
        self._numbers: dict[Any, int] = {}

    def place(self, shape: tuple[int, ...], dtype: Any) -> int:
        """A new place for an array of this shape and dtype."""
        self.kinds.append((shape, dtype))
        return len(self.kinds) - 1

    def inline(self, jaxpr: Jaxpr, constants: Sequence[Any], operands: Sequence[int]) -> list[int]:
        """Append the calls of a function, and return the places of its results."""
        known: dict[Any, int] = dict(zip(jaxpr.constvars, map(self._constant, constants), strict=True))
        known.update(zip(jaxpr.invars, operands, strict=True))

        def place(v: Any) -> int:
            aval: Any = v.aval
            return self._constant(np.asarray(v.val, aval.dtype)) if isinstance(v, Literal) else known[v]

        for equation in jaxpr.eqns:
            arguments = [place(v) for v in equation.invars]
            taken, made = _avals(equation.invars), _avals(equation.outvars)
            name, params = equation.primitive.name, equation.params
            if (called := called_by(equation)) is not None:
                places = self.inline(called.jaxpr, called.consts, _handed_on(arguments, name, params))
            elif name in SAME or (name == "convert_element_type" and taken[0].dtype == params["new_dtype"]):
                places = arguments
            elif name == "broadcast_in_dim":
                places = [self._broadcast(arguments[0], taken[0], params)]
            elif name == "iota":
                places = [self._constant(_iota(**params))]
            elif name in ELEMENTWISE:
                places = self._elementwise(name, arguments, taken, made, params)
            else:
                wholes = [self.whole(k, aval) for k, aval in zip(arguments, taken, strict=True)]
                function, shapes = _row(name, taken, made, params), [aval.shape for aval in made]
                places = self._called(function, wholes, made, shapes, name in LISTS)
            known.update(zip(equation.outvars, places, strict=True))
        return [place(v) for v in jaxpr.outvars]

    def whole(self, k: int, aval: Any) -> int:
        """The place of the array in the shape that JAX sees."""
        shape = tuple(aval.shape)
        if self.kinds[k][0] == shape:
            return k
        if (k, shape) not in self._whole:
            self._whole[k, shape] = self._called(_widened(aval), [k], [aval], [shape])[0]
        return self._whole[k, shape]

    def _constant(self, array: Any) -> int:
        array = np.asarray(array).view()
        array.flags.writeable = False
        key = (array.dtype, array.tobytes()) if array.ndim == 0 else id(array)
        if key not in self._numbers:
            k = self._numbers[key] = self.place(array.shape, array.dtype)
            self.constants[k] = array
        return self._numbers[key]

    def _elementwise(self, name: str, arguments: list[int], taken: Any, made: Any, params: dict[str, Any]) -> list[int]:
        key = (name, *arguments, str(params))
        if name == "mul" and made[0].dtype == np.float32:
            key = (*key, len(self.calls))  # how it is rounded depends on its use
        if key not in self._computed:  # an optimizer computes the same rate for each parameter
            shape = np.broadcast_shapes(*[self.kinds[k][0] for k in arguments])
            function = ELEMENTWISE[name](taken, made, **params)
            self._computed[key] = self._called(function, arguments, made, [shape], is_elementwise=True)
        return self._computed[key]

    def _called(
        self,
        function: Function,
        arguments: Sequence[int],
        made: Sequence[Any],
        shapes: Any,
        makes_list: bool = False,
        is_elementwise: bool = False,
    ) -> list[int]:
        """Append a call, or make it at once where all of its operands are known."""
        n_most = max([int(np.prod(shape)) for shape in shapes], default=0)
        if n_most <= FEW and all(k in self.constants for k in arguments):
            found = function(*[self.constants[k] for k in arguments])
            return [self._constant(x) for x in (found if makes_list else [found])]
        places = [self.place(tuple(shape), aval.dtype) for shape, aval in zip(shapes, made, strict=True)]
        kind = tuple(shapes[0]), made[0].dtype
        self.calls.append(Call(function, tuple(arguments), tuple(places), kind, makes_list, is_elementwise))
        return places

    def _broadcast(self, k: int, taken: Any, params: dict[str, Any]) -> int:
        """The place of an array that NumPy broadcasts to the shape asked for."""
        seen, ndim, axes = self.kinds[k][0], len(params["shape"]), params["broadcast_dimensions"]
        if not seen or axes == tuple(range(ndim - taken.ndim, ndim)):
            return k
        wide = [1] * ndim
        for axis, n in zip(reversed(axes), reversed(seen), strict=False):
            wide[axis] = n
        return self._called(reshaped(wide), [k], [taken], [wide])[0]


def _avals(variables: Any) -> list[Any]:
    return [v.aval for v in variables]


def _row(name: str, taken: Any, made: Any, params: dict[str, Any]) -> Function:
    if name == "scan":
        return _scan(taken, made, params)
    if name not in ROWS:
        raise UncoveredError(name)
    return ROWS[name](taken, made, **params)


def _handed_on(arguments: list[int], name: str, params: dict[str, Any]) -> list[int]:
    """Those of a primitive's operands that the function takes which it calls."""
    if name == "cond":
        return arguments[1:]
    if name == "custom_linear_solve":
        lengths = params["const_lengths"]
        start = lengths.matvec + lengths.vecmat
        return arguments[start : start + lengths.solve] + arguments[sum(lengths) :]
    return arguments


def _iota(*, dtype: Any, shape: Sequence[int], dimension: int, **_: Any) -> np.ndarray:
    return np.arange(shape[dimension], dtype=dtype).reshape([-1 if k == dimension else 1 for k in range(len(shape))])


def _widened(aval: Any) -> Function:
    shape, dtype = aval.shape, aval.dtype
    if int(np.prod(shape)) > FEW:
        return lambda x: np.broadcast_to(x, shape)

    def run(x: Any) -> Any:
        wide = np.empty(shape, dtype)
        wide[...] = x
        return wide

    return run


def _scan_counts(params: dict[str, Any]) -> tuple[int, int]:
    """How many operands of a scan stay as they are, and how many are carried; JAX 0.12 tells it by their tree."""
    if "ft_in" in params:
        kept, carried, _ = params["ft_in"].unpack()
        return len(kept), len(carried)
    return params["num_consts"], params["num_carry"]


def _scan(taken: Any, made: Any, params: dict[str, Any]) -> Function:
    body, length = host_function(params["jaxpr"]), params["length"]
    n_kept, n_carried = _scan_counts(params)
    if not length:
        raise UncoveredError("scan over nothing")
    stacked = [(aval.shape, aval.dtype) for aval in made[n_carried:]]
    order = range(length)[:: -1 if params["reverse"] else 1]

    def run(*operands: Any) -> list[Any]:
        kept, carried, xs = operands[:n_kept], operands[n_kept : n_kept + n_carried], operands[n_kept + n_carried :]
        stacks = [np.empty(shape, dtype) for shape, dtype in stacked]
        for k in order:
            results = body(*kept, *carried, *[x[k] for x in xs])
            carried = results[:n_carried]
            for stack, row in zip(stacks, results[n_carried:], strict=True):
                stack[k] = row
        return [*carried, *stacks]

    return run
