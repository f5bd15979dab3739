"""torch.nn.modules.linear: linear layers."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._attention import NonDynamicallyQuantizableLinear as NonDynamicallyQuantizableLinear
from funcgrad.torch.nn._distance import Bilinear as Bilinear
from funcgrad.torch.nn._lazy import LazyLinear as LazyLinear
from funcgrad.torch.nn._linear import Identity as Identity
from funcgrad.torch.nn._linear import Linear as Linear

__getattr__ = _borrowing(__name__, "F Module Parameter Tensor UninitializedParameter init")
