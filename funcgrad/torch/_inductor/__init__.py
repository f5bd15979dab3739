"""torch._inductor: switches of PyTorch's code generator, accepted; XLA generates the code."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._inductor import config as config

__getattr__ = _missing_from(__name__)
