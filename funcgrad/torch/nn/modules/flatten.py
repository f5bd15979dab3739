"""torch.nn.modules.flatten: several dimensions as one, and back."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._linear import Flatten as Flatten
from funcgrad.torch.nn._linear import Unflatten as Unflatten

__getattr__ = _borrowing(__name__, "Module Tensor")
