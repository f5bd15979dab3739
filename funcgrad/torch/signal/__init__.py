"""torch.signal: windows."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.signal import windows as windows

__getattr__ = _missing_from(__name__)
