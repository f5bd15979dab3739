"""torch.accelerator: whatever device there is besides the CPU; here none."""

from __future__ import annotations

from typing import Any, NoReturn

from funcgrad.errors import missing_from as _missing_from


def _refuse(*given: Any) -> NoReturn:
    raise RuntimeError("Cannot access accelerator device when none is available.")


current_device_index = set_device_index = current_stream = set_stream = synchronize = _refuse
current_device_idx = set_device_idx = _refuse


class device_index:
    """A context in which an accelerator is the chosen one; only None, for no change, can be entered.

    Args:
        device: Its number, or None.
    """

    def __init__(self, device: int | None) -> None:
        self.idx = device

    def __enter__(self) -> None:
        if self.idx is not None:
            _refuse()

    def __exit__(self, *exception: object) -> None:
        """Nothing changed."""


def is_available() -> bool:
    """Whether there is an accelerator."""
    return False


def device_count() -> int:
    """Number of accelerators."""
    return 0


def current_accelerator(check_available: bool = False) -> None:
    """The accelerator's device: None."""


__getattr__ = _missing_from(__name__)
