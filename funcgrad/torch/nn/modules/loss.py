"""torch.nn.modules.loss: the base class of losses."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.nn._losses import WeightedLoss as _WeightedLoss
from funcgrad.torch.nn._losses import _Loss as _Loss

__all__ = ["_Loss", "_WeightedLoss"]

__getattr__ = _missing_from(__name__)
