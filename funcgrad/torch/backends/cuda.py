"""torch.backends.cuda: switches of a library that is not used, and the choice of attention kernels."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace

from funcgrad.errors import missing_from as _missing_from
from funcgrad.errors import warn as _warn

matmul = SimpleNamespace(
    allow_tf32=False,
    allow_fp16_reduced_precision_reduction=True,
    allow_bf16_reduced_precision_reduction=True,
    allow_fp16_accumulation=False,
    fp32_precision="none",
)
cufft_plan_cache = SimpleNamespace(size=0, max_size=0, clear=lambda: None)
_sdp = dict.fromkeys(("flash", "mem_efficient", "math", "cudnn"), True)


def is_built() -> bool:
    """Whether this build could use CUDA."""
    return False


def flash_sdp_enabled() -> bool:
    """What `enable_flash_sdp` was last given."""
    return _sdp["flash"]


def enable_flash_sdp(enabled: bool) -> None:
    """Accepted and remembered."""
    _sdp["flash"] = bool(enabled)


def mem_efficient_sdp_enabled() -> bool:
    """What `enable_mem_efficient_sdp` was last given."""
    return _sdp["mem_efficient"]


def enable_mem_efficient_sdp(enabled: bool) -> None:
    """Accepted and remembered."""
    _sdp["mem_efficient"] = bool(enabled)


def math_sdp_enabled() -> bool:
    """What `enable_math_sdp` was last given."""
    return _sdp["math"]


def enable_math_sdp(enabled: bool) -> None:
    """Accepted and remembered."""
    _sdp["math"] = bool(enabled)


def cudnn_sdp_enabled() -> bool:
    """What `enable_cudnn_sdp` was last given."""
    return _sdp["cudnn"]


def enable_cudnn_sdp(enabled: bool) -> None:
    """Accepted and remembered."""
    _sdp["cudnn"] = bool(enabled)


@contextlib.contextmanager
def sdp_kernel(
    enable_flash: bool = True, enable_math: bool = True, enable_mem_efficient: bool = True, enable_cudnn: bool = True
) -> Iterator[None]:
    """A context in which some attention kernels are off: XLA has one, so the values are the same."""
    _warn(
        "`torch.backends.cuda.sdp_kernel()` is deprecated. In the future, this context manager will be removed. Please "
        "see `torch.nn.attention.sdpa_kernel()` for the new context manager, with updated signature.",
        FutureWarning,
    )
    before = dict(_sdp)
    _sdp.update(
        {"flash": enable_flash, "math": enable_math, "mem_efficient": enable_mem_efficient, "cudnn": enable_cudnn}
    )
    try:
        yield
    finally:
        _sdp.update(before)


__getattr__ = _missing_from(__name__)
