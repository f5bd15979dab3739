"""torch.distributed._tensor: the name of old of torch.distributed.tensor."""

from funcgrad.torch._absent import absent as _absent
from funcgrad.torch.distributed import ADVICE as _ADVICE
from funcgrad.torch.distributed.tensor import IMPORTED as _IMPORTED

__getattr__ = _absent(__name__, _ADVICE, _IMPORTED)
