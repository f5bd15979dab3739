"""torch.distributed._composable.fsdp: the name of old of torch.distributed.fsdp."""

from funcgrad.torch._absent import absent as _absent
from funcgrad.torch.distributed import ADVICE as _ADVICE
from funcgrad.torch.distributed.fsdp import IMPORTED as _IMPORTED

__getattr__ = _absent(__name__, _ADVICE, _IMPORTED)
