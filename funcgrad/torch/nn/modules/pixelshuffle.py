"""torch.nn.modules.pixelshuffle: channels as pixels."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._resampling import PixelShuffle as PixelShuffle
from funcgrad.torch.nn._resampling import PixelUnshuffle as PixelUnshuffle

__getattr__ = _borrowing(__name__, "F Module Tensor")
