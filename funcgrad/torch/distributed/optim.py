"""torch.distributed.optim: optimizers that share their state among processes, which can be imported and not used."""

from funcgrad.torch._absent import absent as _absent
from funcgrad.torch.distributed import ADVICE as _ADVICE

__getattr__ = _absent(__name__, _ADVICE, {"ZeroRedundancyOptimizer", "DistributedOptimizer", "PostLocalSGDOptimizer"})
