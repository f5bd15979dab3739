"""Barriers: what XLA leaves in memory as it stands, where undoing a turn, or computing it for each reader, is slow."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir


def kept(x: Any) -> Any:
    """`x` in memory as it stands here, which XLA then does not undo.

    A batch is left to XLA, which ends the process over a batch of turned products.
    """
    return _KEPT.bind(x)


def shared(x: Any) -> Any:
    """`x` computed once, and read from memory by all that use it; so is its gradient.

    XLA on CPU writes elementwise operators into each of their readers, however many they are, and looks through a
    barrier. What it does not look into is a loop; this one has no turns, which XLA cannot know.
    """
    return _SHARED.bind(x)


def _after_no_turns(x: Any) -> Any:
    turns = jax.lax.optimization_barrier(np.int32(0))
    return jax.lax.fori_loop(0, turns, lambda _, y: -y, x)


_KEPT = Primitive("kept")
_KEPT.def_impl(lambda x: x)
_KEPT.def_abstract_eval(lambda x: x)
mlir.register_lowering(_KEPT, mlir.lower_fun(jax.lax.optimization_barrier, multiple_results=False))
ad.deflinear2(_KEPT, lambda cotangent, _: [kept(cotangent)])
batching.primitive_batchers[_KEPT] = lambda operands, axes: (operands[0], axes[0])

_SHARED = Primitive("shared")
_SHARED.def_impl(lambda x: x)
_SHARED.def_abstract_eval(lambda x: x)
mlir.register_lowering(_SHARED, mlir.lower_fun(lambda x: x, multiple_results=False))
mlir.register_lowering(_SHARED, mlir.lower_fun(_after_no_turns, multiple_results=False), platform="cpu")
ad.deflinear2(_SHARED, lambda cotangent, _: [shared(cotangent)])
batching.primitive_batchers[_SHARED] = lambda operands, axes: (shared(operands[0]), axes[0])
