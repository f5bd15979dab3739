"""torch.cuda.amp: the old names of `torch.amp` for GPUs."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.cuda.amp.autocast_mode import autocast as autocast
from funcgrad.torch.cuda.amp.autocast_mode import custom_bwd as custom_bwd
from funcgrad.torch.cuda.amp.autocast_mode import custom_fwd as custom_fwd
from funcgrad.torch.cuda.amp.grad_scaler import GradScaler as GradScaler

__getattr__ = _missing_from(__name__)
