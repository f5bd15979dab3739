"""torch.amp: lower precision where it is safe, and the scaling of losses that goes with it."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.amp.autocast_mode import autocast as autocast
from funcgrad.torch.amp.autocast_mode import custom_bwd as custom_bwd
from funcgrad.torch.amp.autocast_mode import custom_fwd as custom_fwd
from funcgrad.torch.amp.autocast_mode import is_autocast_available as is_autocast_available
from funcgrad.torch.amp.grad_scaler import GradScaler as GradScaler

__getattr__ = _missing_from(__name__)
