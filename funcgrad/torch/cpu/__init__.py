"""torch.cpu: the device that is always there."""

from __future__ import annotations

from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.cpu import amp as amp


def is_available() -> bool:
    """Whether tensors can live on the CPU."""
    return True


def device_count() -> int:
    """Number of CPUs, which count as one."""
    return 1


def synchronize(device: Any = None) -> None:
    """Wait for the CPU: nothing to do."""


__getattr__ = _missing_from(__name__)
