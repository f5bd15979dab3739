"""Switches of PyTorch's runtime: remembered and given back, for XLA decides itself what they choose."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from funcgrad.errors import warn
from funcgrad.torch._types import CPU, check_device, choose_device, default_device
from funcgrad.torch._types import device as device_of

PRECISIONS = ("highest", "high", "medium")


@dataclass
class _Settings:
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    interop_threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    matmul_precision: str = "highest"
    deterministic: int = 0  # 0: off, 1: warn only, 2: error


_settings = _Settings()


def _checked_threads(name: str, number: Any) -> int:
    if not isinstance(number, int):
        raise RuntimeError(f"{name} expects an int, but got {type(number).__name__}")
    if number <= 0:
        raise RuntimeError(f"{name} expects a positive integer")
    return number


def set_num_threads(number: int) -> None:
    """Accepted and remembered: XLA chooses its threads when the process starts."""
    _settings.threads = _checked_threads("set_num_threads", number)


def get_num_threads() -> int:
    """The number last given, or that of the processor's cores."""
    return _settings.threads


def set_num_interop_threads(number: int) -> None:
    """Accepted and remembered: XLA chooses its threads when the process starts."""
    _settings.interop_threads = _checked_threads("set_num_interop_threads", number)


def get_num_interop_threads() -> int:
    """The number last given, or that of the processor's cores."""
    return _settings.interop_threads


def set_float32_matmul_precision(precision: str) -> None:
    """Accepted and remembered: products of float32 matrices are computed in float32."""
    if precision not in PRECISIONS:
        warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the current"
            "setFloat32MatmulPrecision call has no effect."
        )
        return
    _settings.matmul_precision = precision


def get_float32_matmul_precision() -> str:
    """What was last set."""
    return _settings.matmul_precision


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Accepted: programs are deterministic in any case."""
    _settings.deterministic = (1 if warn_only else 2) if mode else 0


def are_deterministic_algorithms_enabled() -> bool:
    """Whether `use_deterministic_algorithms(True)` was called."""
    return _settings.deterministic > 0


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether it was called with `warn_only=True`."""
    return _settings.deterministic == 1


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """`use_deterministic_algorithms` with a number or its name: "default", "warn", "error"."""
    names = ("default", "warn", "error")
    if debug_mode not in (*range(3), *names):
        raise RuntimeError(f"invalid value of debug_mode, expected `default`, `warn`, or `error`, but got {debug_mode}")
    _settings.deterministic = names.index(debug_mode) if isinstance(debug_mode, str) else debug_mode


def get_deterministic_debug_mode() -> int:
    """0, 1 or 2 for off, warn and error."""
    return _settings.deterministic


def set_flush_denormal(mode: bool) -> bool:
    """Refused by its result: XLA decides about denormal numbers."""
    return False


def set_default_device(device: Any) -> None:
    """Choose where new tensors live: the CPU, or `meta`; None is the CPU.

    Raises:
        AssertionError: The device is a GPU, as when PyTorch next makes a tensor there.
    """
    check_device(device)
    choose_device(CPU if device is None else device_of(device))


def get_default_device() -> device_of:
    """Where new tensors live."""
    return default_device()
