"""torch.utils.flop_counter: the count of multiplications and additions in a block, which is not there."""

from __future__ import annotations

from typing import Any

from funcgrad.errors import UnsupportedError
from funcgrad.errors import missing_from as _missing_from
from funcgrad.errors import unsupported as _unsupported


class FlopCounterMode:
    """A counter that can be made, and has counted nothing.

    Args:
        mods: Modules to count apart.
        depth: How deep to show modules.
        display: Whether to print the counts.
        custom_mapping: Formulas for further operators.
    """

    def __init__(self, mods: Any = None, depth: int = 2, display: bool = True, custom_mapping: Any = None) -> None:
        self.mods, self.depth, self.display, self.custom_mapping = mods, depth, display, custom_mapping

    def __enter__(self) -> Any:
        """Refuse.

        Raises:
            UnsupportedError: Always.
        """
        advice = "Ask XLA: jax.jit(f).lower(*args).compile().cost_analysis()['flops'] of a functional step."
        raise UnsupportedError(_unsupported("torch.utils.flop_counter.FlopCounterMode", advice))

    def __exit__(self, *exception: object) -> None:
        """Nothing was entered."""

    def get_total_flops(self) -> int:
        """The number of operations: none were counted."""
        return 0

    def get_flop_counts(self) -> dict[str, dict[Any, int]]:
        """The number of operations by module and operator: none were counted."""
        return {}


__getattr__ = _missing_from(__name__)
