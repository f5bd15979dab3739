"""torch.distributed.fsdp.fully_sharded_data_parallel: PyTorch's place of what torch.distributed.fsdp names."""

from funcgrad.torch._absent import absent as _absent
from funcgrad.torch.distributed import ADVICE as _ADVICE
from funcgrad.torch.distributed.fsdp import IMPORTED as _IMPORTED

__getattr__ = _absent(__name__, _ADVICE, _IMPORTED)
