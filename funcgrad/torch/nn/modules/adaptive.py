"""torch.nn.modules.adaptive: the softmax of many classes."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._adaptive import AdaptiveLogSoftmaxWithLoss as AdaptiveLogSoftmaxWithLoss

__getattr__ = _borrowing(__name__, "F Linear Module ModuleList Tensor")
