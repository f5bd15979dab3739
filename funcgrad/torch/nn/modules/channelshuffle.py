"""torch.nn.modules.channelshuffle: a shuffle of channels."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._resampling import ChannelShuffle as ChannelShuffle

__getattr__ = _borrowing(__name__, "F Module Tensor")
