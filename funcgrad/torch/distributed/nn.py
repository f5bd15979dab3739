"""torch.distributed.nn: collectives that autograd knows, which can be imported and not called."""

from funcgrad.torch._absent import absent as _absent
from funcgrad.torch.distributed import ADVICE as _ADVICE

_IMPORTED = frozenset(
    {"all_gather", "all_reduce", "all_to_all", "all_to_all_single", "broadcast", "gather", "reduce", "reduce_scatter"}
    | {"scatter"}
)

__getattr__ = _absent(__name__, _ADVICE, _IMPORTED)
