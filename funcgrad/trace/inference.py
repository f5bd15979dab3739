"""Inference: shapes and dtypes of an operator's results, by abstract evaluation.

What has been inferred for a signature (the operator, its static parameters, the operands' shapes and dtypes) is
remembered, and kept for later processes where compiled programs are.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from funcgrad.trace import fingerprint, persistence
from funcgrad.trace.equation import Equation, forget_traced, traced
from funcgrad.trace.op import Op
from funcgrad.trace.value import Aval, Value, aval_of

_INFERRED: dict[Any, tuple[Aval, ...]] = {}


def forget_shapes() -> None:
    """Forget what has been inferred."""
    _INFERRED.clear()
    forget_traced()
    _journal.cache_clear()


def infer(op: Op, static: tuple[Any, ...], indices: tuple[int | type, ...], operands: Sequence[Any]) -> Equation:
    """The equation for these operands; shapes and dtypes by abstract evaluation, remembered for each signature."""
    avals = tuple(x.aval if type(x) is Value else None for x in operands)
    kinds = tuple(type(x) if aval is None else aval for x, aval in zip(operands, avals, strict=True))
    signature = (op, static, kinds)
    results = _INFERRED.get(signature)
    if results is None:
        results = _INFERRED[signature] = _kept_results(op, static, kinds)
    return Equation(op, static, indices, avals, results)


def _kept_results(op: Op, static: tuple[Any, ...], kinds: tuple[Aval | type, ...]) -> tuple[Aval, ...]:
    """What an earlier process has inferred, if it is kept."""
    journal = _journal()
    name = None if journal is None else fingerprint.of_operator(op, static, kinds)
    if journal is None or name is None:
        return abstract_results(op, static, kinds)
    if name in journal:
        return tuple(aval_of(tuple(shape), np.dtype(dtype)) for dtype, shape in journal[name])
    results = abstract_results(op, static, kinds)
    journal[name] = [(aval.dtype.name, aval.shape) for aval in results]
    return results


@functools.cache
def _journal() -> persistence.Journal | None:
    folder = persistence.folder()
    return None if folder is None else persistence.Journal(folder / f"funcgrad-shapes-{fingerprint.of_surroundings()}")


def abstract_results(op: Op, static: tuple[Any, ...], kinds: tuple[Aval | type, ...]) -> tuple[Aval, ...]:
    """Shapes and dtypes of an operator's results, without computing anything."""
    return tuple(aval_of(tuple(s.shape), np.dtype(s.dtype)) for s in traced(op, static, kinds).out_avals)
