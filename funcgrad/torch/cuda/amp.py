"""torch.cuda.amp: the old names of `torch.amp` for GPUs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.errors import warn
from funcgrad.torch import amp as _amp
from funcgrad.torch._types import float16

_DEPRECATED = "`torch.cuda.amp.{0}(args...)` is deprecated. Please use `torch.amp.{0}('cuda', args...)` instead."
_DEPRECATED_DECORATOR = (
    "`torch.cuda.amp.{0}(args...)` is deprecated. Please use `torch.amp.{0}(args..., device_type='cuda')` instead."
)


class autocast(_amp.autocast):
    """`torch.amp.autocast("cuda", ...)`."""

    def __init__(self, enabled: bool = True, dtype: Any = float16, cache_enabled: bool = True) -> None:
        warn(_DEPRECATED.format("autocast"), FutureWarning)
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(_amp.GradScaler):
    """`torch.amp.GradScaler("cuda", ...)`."""

    def __init__(
        self,
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        warn(_DEPRECATED.format("GradScaler"), FutureWarning)
        super().__init__("cuda", init_scale, growth_factor, backoff_factor, growth_interval, enabled)


def custom_fwd(*args: Any, **kwargs: Any) -> Callable[..., Any]:
    """`torch.amp.custom_fwd(..., device_type="cuda")`."""
    warn(_DEPRECATED_DECORATOR.format("custom_fwd"), FutureWarning)
    return _amp.custom_fwd(*args, device_type="cuda", **kwargs)


def custom_bwd(*args: Any, **kwargs: Any) -> Callable[..., Any]:
    """`torch.amp.custom_bwd(..., device_type="cuda")`."""
    warn(_DEPRECATED_DECORATOR.format("custom_bwd"), FutureWarning)
    return _amp.custom_bwd(*args, device_type="cuda", **kwargs)


__getattr__ = _missing_from(__name__)
