"""torch.cpu.amp: the old names of `torch.amp` for the CPU."""

from __future__ import annotations

from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.errors import warn
from funcgrad.torch import amp as _amp
from funcgrad.torch._types import bfloat16

_DEPRECATED = "`torch.cpu.amp.{0}(args...)` is deprecated. Please use `torch.amp.{0}('cpu', args...)` instead."


class autocast(_amp.autocast):
    """`torch.amp.autocast("cpu", ...)`."""

    def __init__(self, enabled: bool = True, dtype: Any = bfloat16, cache_enabled: bool = True) -> None:
        warn(_DEPRECATED.format("autocast"), FutureWarning)
        super().__init__("cpu", dtype, enabled, cache_enabled)


class GradScaler(_amp.GradScaler):
    """`torch.amp.GradScaler("cpu", ...)`."""

    def __init__(
        self,
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        warn(_DEPRECATED.format("GradScaler"), FutureWarning)
        super().__init__("cpu", init_scale, growth_factor, backoff_factor, growth_interval, enabled)


__getattr__ = _missing_from(__name__)
