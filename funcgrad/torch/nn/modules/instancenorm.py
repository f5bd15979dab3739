"""torch.nn.modules.instancenorm: instance normalization and its base class."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._lazy import LazyInstanceNorm1d as LazyInstanceNorm1d
from funcgrad.torch.nn._lazy import LazyInstanceNorm2d as LazyInstanceNorm2d
from funcgrad.torch.nn._lazy import LazyInstanceNorm3d as LazyInstanceNorm3d
from funcgrad.torch.nn._normalization import InstanceNorm1d as InstanceNorm1d
from funcgrad.torch.nn._normalization import InstanceNorm2d as InstanceNorm2d
from funcgrad.torch.nn._normalization import InstanceNorm3d as InstanceNorm3d
from funcgrad.torch.nn._normalization import _InstanceNorm as _InstanceNorm

__getattr__ = _borrowing(__name__, "F Tensor")
