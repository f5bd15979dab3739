"""Hypothesis strategies for batches in parts. Needs `pip install hypothesis`."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st


@st.composite
def splits(draw: st.DrawFn, rows: int, *, max_parts: int = 5, empty: bool = True) -> list[list[int]]:
    """Row numbers in parts of any sizes and in any order; together each row once.

    Args:
        draw: given by Hypothesis.
        rows: how many rows the batch has.
        max_parts: how many parts at most.
        empty: whether a part may have no rows.
    """
    order = draw(st.permutations(range(rows)))
    cuts = draw(st.lists(st.integers(0, rows), max_size=max_parts - 1))
    parts = [part.tolist() for part in np.split(np.array(order, int), sorted(cuts))]
    return parts if empty else [part for part in parts if part]
