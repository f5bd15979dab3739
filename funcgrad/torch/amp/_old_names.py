"""The classes of `torch.amp` under their old names, which hold the device: `torch.cpu.amp` and `torch.cuda.amp`."""

from __future__ import annotations

from funcgrad.errors import warn
from funcgrad.torch.amp.grad_scaler import GradScaler


def warn_of_old_name(device: str, name: str) -> None:
    """PyTorch's warning about a class under its old name."""
    warn(
        f"`torch.{device}.amp.{name}(args...)` is deprecated. "
        f"Please use `torch.amp.{name}('{device}', args...)` instead.",
        FutureWarning,
    )


class OldGradScaler(GradScaler):
    """`torch.amp.GradScaler` for the device of the subclass."""

    _of: str

    def __init__(
        self,
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        warn_of_old_name(self._of, "GradScaler")
        super().__init__(self._of, init_scale, growth_factor, backoff_factor, growth_interval, enabled)
