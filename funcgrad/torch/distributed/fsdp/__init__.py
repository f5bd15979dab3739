"""torch.distributed.fsdp: modules whose parameters are split over processes, which can be imported and not made."""

from funcgrad.torch._absent import absent as _absent
from funcgrad.torch.distributed import ADVICE as _ADVICE

IMPORTED = frozenset(
    {"BackwardPrefetch", "CPUOffload", "CPUOffloadPolicy", "FSDPModule", "FullStateDictConfig", "MixedPrecision"}
    | {"FullyShardedDataParallel", "MixedPrecisionPolicy", "OffloadPolicy", "ShardingStrategy", "StateDictType"}
    | {"fully_shard", "register_fsdp_forward_method"}
)

__getattr__ = _absent(__name__, _ADVICE, IMPORTED)
