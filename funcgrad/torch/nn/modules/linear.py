"""torch.nn.modules.linear: linear layers."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.nn._attention import NonDynamicallyQuantizableLinear as NonDynamicallyQuantizableLinear
from funcgrad.torch.nn._distance import Bilinear as Bilinear
from funcgrad.torch.nn._lazy import LazyLinear as LazyLinear
from funcgrad.torch.nn._linear import Identity as Identity
from funcgrad.torch.nn._linear import Linear as Linear

__getattr__ = _missing_from(__name__)
