"""torch.nn.modules.fold: sliding blocks."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._resampling import Fold as Fold
from funcgrad.torch.nn._resampling import Unfold as Unfold

__getattr__ = _borrowing(__name__, "F Module Tensor")
