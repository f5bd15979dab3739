"""torch._higher_order_ops.associative_scan: what state-space models import for PyTorch's compiler."""

from funcgrad.torch._absent import absent as _absent
from funcgrad.torch._higher_order_ops import ADVICE as _ADVICE

__getattr__ = _absent(__name__, _ADVICE, {"associative_scan"})
