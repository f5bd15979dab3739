"""torch.autograd.profiler: the old names of `torch.profiler`."""

from __future__ import annotations

from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch import profiler as _profiler
from funcgrad.torch.profiler import record_function as record_function


class profile(_profiler.profile):
    """A context that times its block.

    Args:
        enabled: Whether it does anything.
        options: PyTorch's other options, which have no effect.
    """

    def __init__(self, enabled: bool = True, **options: Any) -> None:
        super().__init__()
        self.enabled = enabled


class emit_nvtx(profile):
    """Marks for NVIDIA's profiler: none are made."""


class EventList(list[Any]):
    """Timed events: none are recorded."""


__getattr__ = _missing_from(__name__)
