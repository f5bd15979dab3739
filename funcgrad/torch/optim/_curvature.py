"""Curvature: the steps and changes of gradient that limited-memory BFGS remembers, and its direction from them.

On the host: L-BFGS looks at values in every iteration anyway, and a history that grows would compile anew each time.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

LEAST_CURVATURE = 1e-10


@dataclasses.dataclass
class Curvature:
    """The memory; its fields are entries of the optimizer's state, of PyTorch's names.

    Attributes:
        old_dirs: Changes of the gradient, `[parameters]` each, oldest first.
        old_stps: The steps that made them, likewise.
        ro: Reciprocals of their inner products.
        H_diag: The scale of the first guess of the inverse Hessian.
        al: Coefficients of the recursion, one for each place in the memory.
    """

    old_dirs: list[Any] = dataclasses.field(default_factory=list)
    old_stps: list[Any] = dataclasses.field(default_factory=list)
    ro: list[Any] = dataclasses.field(default_factory=list)
    H_diag: Any = 1
    al: list[Any] | None = None

    def remember(self, change: np.ndarray, step: np.ndarray, size: int) -> None:
        """Take in a step, unless the curvature along it is not positive; forget the oldest beyond `size`."""
        product = change.dot(step)
        if not product > LEAST_CURVATURE:
            return
        if len(self.old_dirs) == size:
            for entries in (self.old_dirs, self.old_stps, self.ro):
                entries.pop(0)
        self.old_dirs.append(change)
        self.old_stps.append(step)
        self.ro.append(1.0 / product)
        self.H_diag = product / change.dot(change)

    def direction(self, grad: np.ndarray, size: int) -> np.ndarray:
        """Minus the approximate inverse Hessian times the gradient, by the two-loop recursion."""
        al = self.al = self.al or [None] * size
        q = -grad
        for i in reversed(range(len(self.old_dirs))):
            al[i] = self.old_stps[i].dot(q) * self.ro[i]
            q -= al[i] * self.old_dirs[i]
        r = q * self.H_diag
        for i in range(len(self.old_dirs)):
            r += (al[i] - self.old_dirs[i].dot(r) * self.ro[i]) * self.old_stps[i]
        return r
