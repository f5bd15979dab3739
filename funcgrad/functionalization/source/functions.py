"""Functions of a written module: each body once, in the order in which they can be defined."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable

from funcgrad.functionalization.source import vocabulary
from funcgrad.functionalization.source.layout import function

RESERVED = frozenset(
    {
        *("buffers", "init", "jax", "jnp", "learning_rate", "masks", "math", "optax", "optimizer", "params", "prefix"),
        *("random", "state", "step"),
    }
)
TAKEN = RESERVED.union((name for name in vars(vocabulary) if name[0] != "_"), keyword.kwlist, dir(builtins))
"""Names that no variable may have."""


class Functions:
    """The functions that a step is made of.

    Args:
        bases: What functions may be called; variables leave these names to them.
    """

    def __init__(self, bases: Iterable[str]) -> None:
        self.taken = TAKEN | set(bases)
        self._names: dict[tuple[tuple[str, ...], tuple[str, ...]], str] = {}

    def name(self, base: str, formals: list[str], lines: list[str]) -> str:
        """The name of the function with these parameters and lines, which is new or was written before."""
        body = tuple(formals), tuple(lines)
        if body not in self._names:
            used = set(self._names.values()) | TAKEN
            numbered = (f"{base}_{k}" for k in range(2, len(used) + 3))
            self._names[body] = base if base not in used else next(name for name in numbered if name not in used)
        return self._names[body]

    def source(self) -> str:
        """The functions themselves."""
        heads = {f"def {name}({', '.join(formals)}):": lines for (formals, lines), name in self._names.items()}
        return "\n\n\n".join(function(head, lines) for head, lines in heads.items())
