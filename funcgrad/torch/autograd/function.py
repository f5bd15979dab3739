"""torch.autograd.function: where `Function` lives."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._function import Function as Function

__getattr__ = _missing_from(__name__)
