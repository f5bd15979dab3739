"""Chains of NumPy calls on numbered places: shortened, and written as one Python function."""

from __future__ import annotations

import functools
from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from funcgrad.trace.host.row import Function

Kind = tuple[tuple[int, ...], Any]
"""A shape, and a dtype."""


class Call(NamedTuple):
    """A NumPy function on numbered places."""

    function: Function
    arguments: tuple[int, ...]
    made: tuple[int, ...]
    kind: Kind  # of what it makes first
    makes_list: bool = False
    is_elementwise: bool = False
    out: int | None = None  # the place of an array whose memory its result takes


def contracted(calls: list[Call], results: list[int]) -> list[Call]:
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
    return needed(contracted, results)


@functools.cache
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


def in_place(calls: list[Call], results: list[int]) -> list[Call]:
    """With the memory of an array that nothing needs any more taken for the result of its last use."""
    uses = Counter([*results, *(k for call in calls for k in call.arguments)])
    plain = [call for call in calls if type(call.function) is np.ufunc]
    seen = Counter(k for call in plain for k in call.arguments)  # a ufunc returns no view of what it is given
    last = {k: call.made for call in plain for k in call.arguments if seen[k] == uses[k]}
    made = {call.made[0]: call.kind for call in plain}

    def moved(call: Call) -> Call:
        free = (k for k in call.arguments if last.get(k) == call.made and made.get(k) == call.kind)
        k = next(free, None) if call.kind[0] and call.made[0] in made else None
        return call._replace(out=k)

    return [moved(call) for call in calls]


def needed(calls: list[Call], results: list[int]) -> list[Call]:
    """The calls on which a result depends."""
    alive, needed = set(results), []
    for call in reversed(calls):
        if not alive.isdisjoint(call.made):
            alive.update(call.arguments)
            needed.append(call)
    return needed[::-1]


def written(calls: list[Call], operands: list[int], results: list[int], constants: dict[int, Any]) -> Function:
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
