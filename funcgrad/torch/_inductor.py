"""torch._inductor: switches of PyTorch's code generator, accepted; XLA generates the code."""

from types import SimpleNamespace as _Switches

from funcgrad.errors import missing_from as _missing_from

config = _Switches()

__getattr__ = _missing_from(__name__)
