"""torch.distributed.tensor: tensors split over processes, which can be imported and not made: no tensor is one."""

from funcgrad.torch._absent import absent as _absent
from funcgrad.torch.distributed import ADVICE as _ADVICE

IMPORTED = frozenset(
    {"DTensor", "DeviceMesh", "Partial", "Placement", "Replicate", "Shard", "distribute_module", "distribute_tensor"}
    | {"init_device_mesh"}
)

__getattr__ = _absent(__name__, _ADVICE, IMPORTED)
