"""torch.nn.attention: the choice of a kernel for attention, which XLA makes here."""

from __future__ import annotations

import enum
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.nn.attention import flex_attention as flex_attention


class SDPBackend(enum.IntEnum):
    """PyTorch's kernels of `scaled_dot_product_attention`."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


@contextmanager
def sdpa_kernel(backends: SDPBackend | list[SDPBackend], set_priority: bool = False) -> Generator[None]:
    """Accepted: attention is compiled by XLA, whichever kernel is asked for.

    Args:
        backends: The kernels that may be used.
        set_priority: Without effect.

    Raises:
        AssertionError: `backends` holds something else.
    """
    listed: list[Any] = backends if isinstance(backends, list) else [backends]
    if not all(isinstance(backend, SDPBackend) for backend in listed):
        raise AssertionError("Backend must be an instance of SDPBackend or a list of SDPBackend instances")
    yield


__getattr__ = _missing_from(__name__)
