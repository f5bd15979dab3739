"""torch.cuda.amp.grad_scaler: the old name of `torch.amp.GradScaler` for GPUs."""

from __future__ import annotations

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.amp._old_names import OldGradScaler
from funcgrad.torch.amp.grad_scaler import OptState as OptState


class GradScaler(OldGradScaler):
    """`torch.amp.GradScaler("cuda", ...)`."""

    _of = "cuda"


__getattr__ = _missing_from(__name__)
