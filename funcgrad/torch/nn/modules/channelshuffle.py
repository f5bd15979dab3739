"""torch.nn.modules.channelshuffle: a shuffle of channels."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.nn._resampling import ChannelShuffle as ChannelShuffle

__getattr__ = _missing_from(__name__)
