"""torch.nn.modules.adaptive: the softmax of many classes."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.nn._adaptive import AdaptiveLogSoftmaxWithLoss as AdaptiveLogSoftmaxWithLoss

__getattr__ = _missing_from(__name__)
