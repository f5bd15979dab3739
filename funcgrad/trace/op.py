"""Operator: a named pure function of arrays, the vocabulary-free unit of a recorded computation.

Two operators are equal only if they are the same object, so equal steps of a loop have equal keys.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Container
from typing import Any

import jax

ALL = "all"
"""`Op.saves`: a gradient may need every input."""


class Number:
    """A Python number among an operator's operands: its value is data, only its kind is structure."""

    __slots__ = ("kind", "value")

    def __init__(self, kind: type, value: jax.Array) -> None:
        self.kind = kind  # bool, int, float or complex
        self.value = value  # [] in the widest dtype of the kind


class Op:
    """A named pure function of arrays.

    Args:
        name: The operator's name, unique in its table.
        function: Takes arrays (and `Number`s) by position and static parameters by keyword; returns an array or a
            tuple of arrays. Static parameters are its keyword-only arguments without a default.
        saves: Which inputs the gradient with respect to input i needs: `{i: positions}`, or `ALL`.
        from_result: For one input and one result, `(result, cotangent, **static) -> gradient`, where the gradient
            is cheaper or more exact from the result than from the input. The result is then what is saved.
        label: The name that PyTorch gives this operator's node, without `Backward0`; a function of the static
            parameters where it depends on them.
        of: The operator whose gradient it is, if any.
        anywhere: Positions of the inputs that may have data where the others have none, or `ALL`: those that only say
            where to look, and what is copied.
    """

    __slots__ = ("anywhere", "from_result", "function", "label", "name", "of", "pullbacks", "saves", "static_names")

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        *,
        saves: dict[int, tuple[int, ...]] | str = ALL,
        from_result: Callable[..., Any] | None = None,
        label: str | Callable[..., str] | None = None,
        anywhere: Container[int] | str = (),
        of: Op | None = None,
    ) -> None:
        self.name = name
        self.function = function
        self.saves = saves
        self.of = of
        self.from_result = from_result
        self.label = label if label is not None else "".join(part.capitalize() for part in name.split("_"))
        self.anywhere: Container[int] = range(sys.maxsize) if isinstance(anywhere, str) else anywhere
        self.pullbacks: dict[Any, Op] = {}
        parameters = inspect.signature(function).parameters.values()
        self.static_names = tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty)

    def __call__(self, operands: list[Any], static: tuple[Any, ...]) -> tuple[Any, ...]:
        """Results of the operator on arrays or tracers; always a tuple."""
        results = self.function(*operands, **dict(zip(self.static_names, static, strict=True)))
        return results if isinstance(results, tuple) else (results,)

    def __repr__(self) -> str:
        return f"Op({self.name})"
