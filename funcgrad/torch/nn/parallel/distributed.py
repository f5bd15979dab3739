"""torch.nn.parallel.distributed: one model in several processes, of which there is one."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.nn.parallel import DistributedDataParallel as DistributedDataParallel

__getattr__ = _missing_from(__name__)
