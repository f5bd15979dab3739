"""torch.utils: what surrounds training."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.utils import _pytree as _pytree
from funcgrad.torch.utils import checkpoint as checkpoint
from funcgrad.torch.utils import data as data
from funcgrad.torch.utils import tensorboard as tensorboard

__getattr__ = _missing_from(__name__)
