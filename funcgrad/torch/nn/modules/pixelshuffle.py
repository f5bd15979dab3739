"""torch.nn.modules.pixelshuffle: channels as pixels."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.nn._resampling import PixelShuffle as PixelShuffle
from funcgrad.torch.nn._resampling import PixelUnshuffle as PixelUnshuffle

__getattr__ = _missing_from(__name__)
