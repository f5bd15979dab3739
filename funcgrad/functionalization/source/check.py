"""Check of a written step: it is run beside the pure one, and must give the same results."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.functionalization.refusal import FunctionalizationError
from funcgrad.functionalization.step import PureStep
from funcgrad.tolerances import tolerance


def check_source(source: str, pure: PureStep, batch: list[Any], steps: int) -> None:
    """Run a written step on one batch again and again.

    Args:
        source: As `pure.source()` gives it.
        pure: The pure step.
        batch: Its arguments, as NumPy arrays.
        steps: How often.

    Raises:
        FunctionalizationError: A result is farther from that of the pure step than the table allows for gradients.
    """
    written: dict[str, Any] = {}
    exec(compile(source, "<written step>", "exec"), written)
    state, pure_state = written["init"](pure.arrays()), pure.state()
    bounds = tolerance(pure.coarsest, "gradient")
    for number in range(1, steps + 1):
        state, result = written["step"](state, *batch)
        pure_state, expected = pure(pure_state, *batch)
        for path, value in jax.tree_util.tree_flatten_with_path(expected)[0]:
            ours = _at(result, path)
            if not np.allclose(_wide(ours), _wide(value), **bounds, equal_nan=True):
                raise FunctionalizationError(
                    f"the written step differs: result{jax.tree_util.keystr(path)} is {ours} in step {number}, and "
                    f"{value} in the pure step. This is a mistake of funcgrad's: report it, and use the pure step."
                )


def _at(tree: Any, path: Any) -> Any:
    for key in path:
        tree = tree[getattr(key, "key", getattr(key, "idx", None))]
    return tree


def _wide(x: Any) -> np.ndarray:
    return np.asarray(x).astype(np.complex128 if jnp.iscomplexobj(x) else np.float64)
