"""A barrier: what XLA leaves in memory as it stands, where undoing a turn would make a product slow."""

from __future__ import annotations

from typing import Any

import jax
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir


def kept(x: Any) -> Any:
    """`x` in memory as it stands here, which XLA then does not undo.

    A batch is left to XLA, which ends the process over a batch of turned products.
    """
    return _KEPT.bind(x)


_KEPT = Primitive("kept")
_KEPT.def_impl(lambda x: x)
_KEPT.def_abstract_eval(lambda x: x)
mlir.register_lowering(_KEPT, mlir.lower_fun(jax.lax.optimization_barrier, multiple_results=False))
ad.deflinear2(_KEPT, lambda cotangent, _: [kept(cotangent)])
batching.primitive_batchers[_KEPT] = lambda operands, axes: (operands[0], axes[0])
