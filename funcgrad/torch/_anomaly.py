"""Anomaly mode: a backward pass that stops at the first operator whose gradient is nan.

Every gradient is looked at, so nothing is compiled as a whole: it is for finding a mistake, not for training.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from funcgrad.errors import warn
from funcgrad.torch._dispatch import value_of
from funcgrad.torch._graph import Node
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import ANOMALY_ENABLED, ANOMALY_FOUND
from funcgrad.trace import array_of


class _Mode:
    enabled = False
    check_nan = True


mode = _Mode()


def is_anomaly_enabled() -> bool:
    """Whether anomaly mode is on."""
    return mode.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly mode looks for nan."""
    return mode.check_nan


class set_detect_anomaly:
    """Switch anomaly mode at once; as a block, only inside it.

    Args:
        mode: Whether it is on.
        check_nan: Whether a nan in a gradient is an error.
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = _switch(mode, check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        _switch(*self._before)


class detect_anomaly:
    """A block in which anomaly mode is on."""

    def __init__(self, check_nan: bool = True) -> None:
        self.check_nan = check_nan
        warn(ANOMALY_ENABLED)

    def __enter__(self) -> None:
        self._before = _switch(True, self.check_nan)

    def __exit__(self, *error: object) -> None:
        _switch(*self._before)


def _switch(enabled: bool, check_nan: bool) -> tuple[bool, bool]:
    before = mode.enabled, mode.check_nan
    mode.enabled, mode.check_nan = bool(enabled), check_nan
    return before


def check_gradients(node: Node, gradients: Sequence[Tensor | None]) -> None:
    """Look at what a node passes on.

    Raises:
        RuntimeError: A gradient is nan.
    """
    for i, gradient in enumerate(gradients):
        if gradient is not None and mode.check_nan and _has_nan(gradient):
            raise RuntimeError(ANOMALY_FOUND.format(node.label(), i))


def _has_nan(x: Any) -> bool:
    return bool(np.isnan(np.asarray(array_of(value_of(x), "anomaly")).astype(complex)).any())
