"""torch.utils.cpp_extension: operators in C++, which is not there."""

from funcgrad.torch._absent import absent as _absent

_ADVICE = "Write a torch.autograd.Function in Python; steps are compiled by XLA anyway."

__getattr__ = _absent(__name__, _ADVICE, {"load", "load_inline"})
