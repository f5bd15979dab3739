"""Memory statistics of GPUs: zeros, as there is none; asking about one of them fails."""

from __future__ import annotations

from typing import Any, NoReturn

from funcgrad.errors import warn

NO_CUDA = "Torch not compiled with CUDA enabled"


def refuse(*given: Any, **keywords: Any) -> NoReturn:
    """What asking a GPU for something comes to.

    Raises:
        AssertionError: Always, with PyTorch's text.
    """
    raise AssertionError(NO_CUDA)


def memory_allocated(device: Any = None) -> int:
    """Bytes in use on a GPU."""
    return 0


def max_memory_allocated(device: Any = None) -> int:
    """The most bytes that were in use."""
    return 0


def memory_reserved(device: Any = None) -> int:
    """Bytes that the allocator holds."""
    return 0


def max_memory_reserved(device: Any = None) -> int:
    """The most bytes that the allocator held."""
    return 0


def memory_cached(device: Any = None) -> int:
    """The old name of `memory_reserved`."""
    warn("`torch.cuda.memory_cached` has been renamed to `torch.cuda.memory_reserved`", FutureWarning)
    return 0


def memory_stats(device: Any = None) -> dict[str, Any]:
    """All statistics: none."""
    return {}


def memory_summary(device: Any = None, abbreviated: bool = False) -> str:
    """All statistics as text: none."""
    return ""


def reset_peak_memory_stats(device: Any = None) -> None:
    """Start the maxima anew: nothing to do."""


def reset_max_memory_allocated(device: Any = None) -> None:
    """Start the maximum anew: nothing to do."""


def empty_cache() -> None:
    """Give memory back: nothing to do."""
