"""torch.cuda.amp.autocast_mode: the old names of `torch.amp.autocast` and its decorators for GPUs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.errors import warn
from funcgrad.torch import amp as _amp
from funcgrad.torch._types import float16
from funcgrad.torch.amp._old_names import warn_of_old_name

_OLD_DECORATOR = (
    "`torch.cuda.amp.{0}(args...)` is deprecated. Please use `torch.amp.{0}(args..., device_type='cuda')` instead."
)


class autocast(_amp.autocast):
    """`torch.amp.autocast("cuda", ...)`."""

    def __init__(self, enabled: bool = True, dtype: Any = float16, cache_enabled: bool = True) -> None:
        warn_of_old_name("cuda", "autocast")
        super().__init__("cuda", dtype, enabled, cache_enabled)


def custom_fwd(*args: Any, **kwargs: Any) -> Callable[..., Any]:
    """`torch.amp.custom_fwd(..., device_type="cuda")`."""
    warn(_OLD_DECORATOR.format("custom_fwd"), FutureWarning)
    return _amp.custom_fwd(*args, device_type="cuda", **kwargs)


def custom_bwd(*args: Any, **kwargs: Any) -> Callable[..., Any]:
    """`torch.amp.custom_bwd(..., device_type="cuda")`."""
    warn(_OLD_DECORATOR.format("custom_bwd"), FutureWarning)
    return _amp.custom_bwd(*args, device_type="cuda", **kwargs)


__getattr__ = _missing_from(__name__)
