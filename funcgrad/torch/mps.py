"""torch.mps: Apple's GPUs, of which there is none here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from funcgrad.errors import missing_from as _missing_from


def _refusal(name: str) -> Callable[..., NoReturn]:
    def refuse(*given: Any) -> NoReturn:
        raise RuntimeError(f"Cannot execute {name}() without MPS backend.")

    return refuse


synchronize = _refusal("deviceSynchronize")
empty_cache = _refusal("emptyCache")
current_allocated_memory = _refusal("getCurrentAllocatedMemory")
driver_allocated_memory = _refusal("getDriverAllocatedMemory")
recommended_max_memory = _refusal("recommendedMaxMemory")
set_per_process_memory_fraction = _refusal("setMemoryFraction")


def is_available() -> bool:
    """Whether tensors can live on an Apple GPU."""
    return False


def device_count() -> int:
    """Number of Apple GPUs."""
    return 0


def manual_seed(seed: int) -> None:
    """Seed the GPU's generator: nothing to do."""


def seed() -> None:
    """Seed the GPU's generator at an unpredictable place: nothing to do."""


__getattr__ = _missing_from(__name__)
