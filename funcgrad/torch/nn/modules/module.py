"""torch.nn.modules.module: the base class of modules."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.nn._module import Module as Module

__getattr__ = _missing_from(__name__)
