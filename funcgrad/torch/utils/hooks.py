"""torch.utils.hooks: the handles that take hooks off."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._hooks import RemovableHandle as RemovableHandle

__getattr__ = _missing_from(__name__)
