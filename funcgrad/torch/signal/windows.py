"""torch.signal.windows: weights that taper a piece of a signal."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._ops.tapers import WINDOWS as _WINDOWS

globals().update(_WINDOWS)

__getattr__ = _missing_from(__name__)
