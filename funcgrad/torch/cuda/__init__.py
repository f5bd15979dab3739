"""torch.cuda: there is none here, and scripts that ask are told so."""

from __future__ import annotations

from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.cuda import amp as amp


def is_available() -> bool:
    """Whether tensors can live on a GPU."""
    return False


def device_count() -> int:
    """Number of GPUs."""
    return 0


def manual_seed(seed: int) -> None:
    """Seed the GPU's generator: nothing to do."""


def manual_seed_all(seed: int) -> None:
    """Seed all GPUs' generators: nothing to do."""


def empty_cache() -> None:
    """Give memory back: nothing to do."""


def synchronize(device: Any = None) -> None:
    """Wait for a GPU.

    Raises:
        AssertionError: There is none.
    """
    raise AssertionError("Torch not compiled with CUDA enabled")


__getattr__ = _missing_from(__name__)
