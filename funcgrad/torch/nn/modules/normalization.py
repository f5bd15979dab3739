"""torch.nn.modules.normalization: normalization of layers and groups."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._cross_map import CrossMapLRN2d as CrossMapLRN2d
from funcgrad.torch.nn._normalization import GroupNorm as GroupNorm
from funcgrad.torch.nn._normalization import LayerNorm as LayerNorm
from funcgrad.torch.nn._normalization import LocalResponseNorm as LocalResponseNorm
from funcgrad.torch.nn._normalization import RMSNorm as RMSNorm

__getattr__ = _borrowing(__name__, "F Module Parameter Size Tensor init")
