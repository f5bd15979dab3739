"""torch.cuda.amp.grad_scaler: the old name of `torch.amp.GradScaler` for GPUs."""

from __future__ import annotations

from funcgrad.errors import missing_from as _missing_from
from funcgrad.errors import warn
from funcgrad.torch import amp as _amp
from funcgrad.torch.amp.grad_scaler import OptState as OptState
from funcgrad.torch.cuda.amp.autocast_mode import OLD_NAME


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
        warn(OLD_NAME.format("GradScaler"), FutureWarning)
        super().__init__("cuda", init_scale, growth_factor, backoff_factor, growth_interval, enabled)


__getattr__ = _missing_from(__name__)
