"""torch.nn.modules.fold: sliding blocks."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.nn._resampling import Fold as Fold
from funcgrad.torch.nn._resampling import Unfold as Unfold

__getattr__ = _missing_from(__name__)
