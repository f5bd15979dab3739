"""Swapping: two tensors take each other's place, each under the name, and in the lists, that the other had."""

from __future__ import annotations

import weakref
from typing import Any

from funcgrad.torch._attributes import whole
from funcgrad.torch._graph import LEAF
from funcgrad.torch._tensor import Tensor


def swap_tensors(t1: Any, t2: Any) -> None:
    """Exchange all that two tensors are but their identities: values, gradients, classes and what users set on them.

    A graph that was recorded before, and saved one of them, can no longer be differentiated.

    Args:
        t1: A tensor.
        t2: Another.

    Raises:
        RuntimeError: A weak reference leads to one of them.
        TypeError: One is no tensor.
    """
    for name, x in (("t1", t1), ("t2", t2)):
        if not isinstance(x, Tensor):
            raise TypeError(f"swap_tensors(): {name} must be a Tensor, but it is {type(x).__name__}")
        if weakref.getweakrefs(x):
            raise RuntimeError(f"Cannot swap {name} because it has weakref associated with it")
    for x in (t1, t2):
        if x._edge is LEAF:
            x._storage.version += 1
    one, other = whole(t1), whole(t2)
    held = dict(one)
    one.clear()
    one.update(other)
    other.clear()
    other.update(held)
    t1.__class__, t2.__class__ = t2.__class__, t1.__class__
