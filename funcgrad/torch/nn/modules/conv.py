"""torch.nn.modules.conv: convolutions and their base classes."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._convolutions import Conv1d as Conv1d
from funcgrad.torch.nn._convolutions import Conv2d as Conv2d
from funcgrad.torch.nn._convolutions import Conv3d as Conv3d
from funcgrad.torch.nn._convolutions import ConvTranspose1d as ConvTranspose1d
from funcgrad.torch.nn._convolutions import ConvTranspose2d as ConvTranspose2d
from funcgrad.torch.nn._convolutions import ConvTranspose3d as ConvTranspose3d
from funcgrad.torch.nn._convolutions import _ConvNd as _ConvNd
from funcgrad.torch.nn._convolutions import _ConvTransposeNd as _ConvTransposeNd
from funcgrad.torch.nn._lazy import LazyConv1d as LazyConv1d
from funcgrad.torch.nn._lazy import LazyConv2d as LazyConv2d
from funcgrad.torch.nn._lazy import LazyConv3d as LazyConv3d
from funcgrad.torch.nn._lazy import LazyConvTranspose1d as LazyConvTranspose1d
from funcgrad.torch.nn._lazy import LazyConvTranspose2d as LazyConvTranspose2d
from funcgrad.torch.nn._lazy import LazyConvTranspose3d as LazyConvTranspose3d
from funcgrad.torch.nn.modules.utils import _pair as _pair
from funcgrad.torch.nn.modules.utils import _reverse_repeat_tuple as _reverse_repeat_tuple
from funcgrad.torch.nn.modules.utils import _single as _single
from funcgrad.torch.nn.modules.utils import _triple as _triple

__getattr__ = _borrowing(__name__, "F Module Parameter Tensor UninitializedParameter init")
