"""torch.nn.modules.batchnorm: batch normalization and its base class."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._lazy import LazyBatchNorm1d as LazyBatchNorm1d
from funcgrad.torch.nn._lazy import LazyBatchNorm2d as LazyBatchNorm2d
from funcgrad.torch.nn._lazy import LazyBatchNorm3d as LazyBatchNorm3d
from funcgrad.torch.nn._normalization import BatchNorm1d as BatchNorm1d
from funcgrad.torch.nn._normalization import BatchNorm2d as BatchNorm2d
from funcgrad.torch.nn._normalization import BatchNorm3d as BatchNorm3d
from funcgrad.torch.nn._normalization import _BatchNorm as _BatchNorm
from funcgrad.torch.nn._normalization import _NormBase as _NormBase
from funcgrad.torch.nn._sync_batch_norm import SyncBatchNorm as SyncBatchNorm

__getattr__ = _borrowing(__name__, "F Module Parameter Tensor UninitializedBuffer UninitializedParameter init")
