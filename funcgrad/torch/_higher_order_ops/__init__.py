"""torch._higher_order_ops: operators on functions for PyTorch's compiler, which is not there."""

from funcgrad.torch._absent import absent as _absent

ADVICE = "Write the loop in Python: every step is recorded and compiled by XLA anyway."

__getattr__ = _absent(__name__, ADVICE)
