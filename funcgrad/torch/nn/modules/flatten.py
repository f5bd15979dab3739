"""torch.nn.modules.flatten: several dimensions as one, and back."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.nn._linear import Flatten as Flatten
from funcgrad.torch.nn._linear import Unflatten as Unflatten

__getattr__ = _missing_from(__name__)
