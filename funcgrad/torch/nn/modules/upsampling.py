"""torch.nn.modules.upsampling: spatial dimensions in a new size."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._resampling import Upsample as Upsample
from funcgrad.torch.nn._resampling import UpsamplingBilinear2d as UpsamplingBilinear2d
from funcgrad.torch.nn._resampling import UpsamplingNearest2d as UpsamplingNearest2d

__getattr__ = _borrowing(__name__, "F Module Tensor")
