"""Host functions: a traced operator as a chain of NumPy calls, without those that nothing needs."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

from funcgrad.trace.exactness import CALLS
from funcgrad.trace.host_indexing import UncoveredError
from funcgrad.trace.host_primitives import ELEMENTWISE, LISTS, ROWS, reshaped

Function = Callable[..., Any]

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
    operands = [chain.place(tuple(aval.shape)) for aval in _avals(traced.jaxpr.invars)]
    made = chain.inline(traced.jaxpr, traced.consts, operands)
    results = [chain.whole(k, aval) for k, aval in zip(made, _avals(traced.jaxpr.outvars), strict=True)]
    calls = _in_place(_contracted(_needed(chain.calls, results), results), results)
    return _written(calls, operands, results, chain.constants)


def is_covered(jaxpr: Jaxpr) -> bool:
    """Whether each primitive has a row, as far as its name tells."""
    for equation in jaxpr.eqns:
        name, params = equation.primitive.name, equation.params
        if name == "cond":
            if not any(is_covered(branch.jaxpr) for branch in params["branches"]):
                return False
            continue
        inner = params["jaxpr"].jaxpr if name == "scan" else _called_by(name, params)
        if not (name in _NAMES if inner is None else is_covered(getattr(inner, "jaxpr", inner))):
            return False
    return True


_NAMES = {*ELEMENTWISE, *ROWS, *SAME, "broadcast_in_dim", "iota", "platform_index"}


def _called_by(name: str, params: dict[str, Any]) -> Any:
    """The function that a primitive calls, whatever the numbers are."""
    if name in CALLS:
        return params[CALLS[name]]
    if name == "remat2":
        return params["jaxpr"]
    return params["jaxprs"].solve if name == "custom_linear_solve" else None


class _Call(NamedTuple):
    """A NumPy function on numbered places."""

    function: Function
    arguments: tuple[int, ...]
    made: tuple[int, ...]
    kind: tuple[tuple[int, ...], Any]  # shape and dtype of what it makes first
    makes_list: bool = False
    out: int | None = None  # the place of an array whose memory its result takes


class _Chain:
    """Calls on places, each of which has the shape that NumPy sees there.

    That can be a smaller one, which NumPy would broadcast to the shape that JAX sees: a bias is added, and a constant
    compared, without being repeated first.
    """

    def __init__(self) -> None:
        self.calls: list[_Call] = []
        self.constants: dict[int, Any] = {}
        self._shapes: list[tuple[int, ...]] = []
        self._whole: dict[tuple[int, tuple[int, ...]], int] = {}
        self._computed: dict[tuple[Any, ...], list[int]] = {}
        self._numbers: dict[Any, int] = {}

    def place(self, shape: tuple[int, ...]) -> int:
        """A new place for an array of this shape."""
        self._shapes.append(shape)
        return len(self._shapes) - 1

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
            if (called := self._called_with(name, params, arguments)) is not None:
                places = self.inline(*called)
            elif name in SAME or (name == "convert_element_type" and taken[0].dtype == params["new_dtype"]):
                places = arguments
            elif name == "broadcast_in_dim":
                places = [self._broadcast(arguments[0], taken[0], params)]
            elif name == "iota":
                places = [self._constant(_iota(**params))]
            elif name == "platform_index":
                places = [self._constant(np.int32(_platform(params["platforms"])))]
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
        if self._shapes[k] == shape:
            return k
        if (k, shape) not in self._whole:
            self._whole[k, shape] = self._called(_widened(aval), [k], [aval], [shape])[0]
        return self._whole[k, shape]

    def _constant(self, array: Any) -> int:
        array = np.asarray(array).view()
        array.flags.writeable = False
        key = (array.dtype, array.tobytes()) if array.ndim == 0 else id(array)
        if key not in self._numbers:
            k = self._numbers[key] = self.place(array.shape)
            self.constants[k] = array
        return self._numbers[key]

    def _called_with(
        self, name: str, params: dict[str, Any], arguments: list[int]
    ) -> tuple[Jaxpr, Sequence[Any], list[int]] | None:
        """A function that a primitive calls, its constants, and the places of its operands."""
        if name == "cond" and arguments[0] in self.constants:
            called = params["branches"][int(self.constants[arguments[0]])]
            return called.jaxpr, called.consts, arguments[1:]
        called = _called_by(name, params)
        if called is None:
            return None
        if name == "remat2":
            return called, (), arguments
        if name == "custom_linear_solve":
            lengths = params["const_lengths"]
            start = lengths.matvec + lengths.vecmat
            arguments = arguments[start : start + lengths.solve] + arguments[sum(lengths) :]
        return called.jaxpr, called.consts, arguments

    def _elementwise(self, name: str, arguments: list[int], taken: Any, made: Any, params: dict[str, Any]) -> list[int]:
        key = (name, *arguments, str(params))
        if name == "mul" and made[0].dtype == np.float32:
            key = (*key, len(self.calls))  # how it is rounded depends on its use
        if key not in self._computed:  # an optimizer computes the same rate for each parameter
            shape = np.broadcast_shapes(*[self._shapes[k] for k in arguments])
            self._computed[key] = self._called(ELEMENTWISE[name](taken, made, **params), arguments, made, [shape])
        return self._computed[key]

    def _called(
        self, function: Function, arguments: Sequence[int], made: Sequence[Any], shapes: Any, makes_list: bool = False
    ) -> list[int]:
        """Append a call, or make it at once where all of its operands are known."""
        n_most = max([int(np.prod(shape)) for shape in shapes], default=0)
        if n_most <= FEW and all(k in self.constants for k in arguments):
            found = function(*[self.constants[k] for k in arguments])
            return [self._constant(x) for x in (found if makes_list else [found])]
        places = [self.place(tuple(shape)) for shape in shapes]
        kind = tuple(shapes[0]), made[0].dtype
        self.calls.append(_Call(function, tuple(arguments), tuple(places), kind, makes_list))
        return places

    def _broadcast(self, k: int, taken: Any, params: dict[str, Any]) -> int:
        """The place of an array that NumPy broadcasts to the shape asked for."""
        seen, ndim, axes = self._shapes[k], len(params["shape"]), params["broadcast_dimensions"]
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


def _platform(platforms: Sequence[Any]) -> int:
    """The position of the CPU's branch, or of the one for all others."""
    return next(k for k, names in enumerate(platforms) if names is None or "cpu" in names)


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


def _scan(taken: Any, made: Any, params: dict[str, Any]) -> Function:
    body, length = host_function(params["jaxpr"]), params["length"]
    n_kept, n_carried = params["num_consts"], params["num_carry"]
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


def _contracted(calls: list[_Call], results: list[int]) -> list[_Call]:
    """With each 32-bit product that is only added left unrounded, as in XLA's and PyTorch's kernels."""
    uses = Counter([*results, *(k for call in calls for k in call.arguments)])
    products = {call.made[0]: call for call in calls if call.function is np.multiply and call.kind[1] == np.float32}
    contracted = []
    for call in calls:
        places = call.arguments if call.function in (np.add, np.subtract) else ()
        at = next((at for at, k in enumerate(places) if k in products and uses[k] == 1), None)
        if at is not None:
            product = products[places[at]]
            function = _added(call.function, is_first=at == 0, in_place=product.kind == call.kind != ((), np.float32))
            call = call._replace(function=function, arguments=(*product.arguments, places[1 - at]))
        contracted.append(call)
    return _needed(contracted, results)


def _added(add: Function, is_first: bool, in_place: bool) -> Function:
    """A function of x, y and z: the product of x and y added to z, rounded once.

    Args:
        add: `np.add` or `np.subtract`.
        is_first: The product is its first operand.
        in_place: The result has the product's shape.
    """
    multiply = functools.partial(np.multiply, dtype=np.float64)  # exact

    def run(x: Any, y: Any, z: Any) -> Any:
        product = multiply(x, y)
        pair = (product, z) if is_first else (z, product)
        return (add(*pair, product) if in_place else add(*pair)).astype(np.float32)

    return run


def _in_place(calls: list[_Call], results: list[int]) -> list[_Call]:
    """With the memory of an array that nothing needs any more taken for the result of its last use."""
    uses = Counter([*results, *(k for call in calls for k in call.arguments)])
    plain = [call for call in calls if type(call.function) is np.ufunc]
    seen = Counter(k for call in plain for k in call.arguments)  # a ufunc returns no view of what it is given
    last = {k: call.made for call in plain for k in call.arguments if seen[k] == uses[k]}
    made = {call.made[0]: call.kind for call in plain}

    def moved(call: _Call) -> _Call:
        free = (k for k in call.arguments if last.get(k) == call.made and made.get(k) == call.kind)
        k = next(free, None) if call.kind[0] and call.made[0] in made else None
        return call._replace(out=k)

    return [moved(call) for call in calls]


def _needed(calls: list[_Call], results: list[int]) -> list[_Call]:
    """The calls on which a result depends."""
    alive, needed = set(results), []
    for call in reversed(calls):
        if not alive.isdisjoint(call.made):
            alive.update(call.arguments)
            needed.append(call)
    return needed[::-1]


def _written(calls: list[_Call], operands: list[int], results: list[int], constants: dict[int, Any]) -> Function:
    """The calls as the source of a function, and that as a function.

    A name is used again as soon as nothing needs what it stood for, so that memory is free then.
    """
    names = {k: f"v{n}" for n, k in enumerate(operands)}
    lines = [f"def run({', '.join(names.values())}):"]
    scope: dict[str, Any] = {f"c{k}": array for k, array in constants.items()}
    names.update((k, f"c{k}") for k in constants)
    last = {k: n for n, call in enumerate(calls) for k in call.arguments}
    last.update(dict.fromkeys(results, len(calls)))
    free: list[str] = []
    for n, call in enumerate(calls):
        arguments = ", ".join([names[k] for k in call.arguments])
        free.extend({names[k] for k in call.arguments if last[k] == n and k not in constants})
        for k in call.made:
            names[k] = "_" if k not in last else free.pop() if free else f"w{n}_{k}"
        if call.out is not None:
            arguments += f", out={names[call.out]}"
        made = ", ".join([names[k] for k in call.made])
        lines.append(f"    {f'[{made}]' if call.makes_list else made} = f{n}({arguments})")
        scope[f"f{n}"] = call.function
    lines.append(f"    return [{', '.join([names[k] for k in results])}]")
    exec("\n".join(lines), scope)
    return scope["run"]
