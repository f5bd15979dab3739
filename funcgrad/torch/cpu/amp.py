"""torch.cpu.amp: the old names of `torch.amp` for the CPU."""

from __future__ import annotations

from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch import amp as _amp
from funcgrad.torch._types import bfloat16
from funcgrad.torch.amp._old_names import OldGradScaler, warn_of_old_name


class autocast(_amp.autocast):
    """`torch.amp.autocast("cpu", ...)`."""

    def __init__(self, enabled: bool = True, dtype: Any = bfloat16, cache_enabled: bool = True) -> None:
        warn_of_old_name("cpu", "autocast")
        super().__init__("cpu", dtype, enabled, cache_enabled)


class GradScaler(OldGradScaler):
    """`torch.amp.GradScaler("cpu", ...)`."""

    _of = "cpu"


__getattr__ = _missing_from(__name__)
