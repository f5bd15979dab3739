"""torch.distributed.tensor.experimental: ways to split tensors over processes, which can be imported and not used."""

from funcgrad.torch._absent import absent as _absent
from funcgrad.torch.distributed import ADVICE as _ADVICE

IMPORTED = frozenset({"context_parallel", "implicit_replication", "local_map", "register_sharding"})

__getattr__ = _absent(__name__, _ADVICE, IMPORTED)
