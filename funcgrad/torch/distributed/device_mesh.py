"""torch.distributed.device_mesh: processes in rows and columns, which can be imported and not made."""

from funcgrad.torch._absent import absent as _absent
from funcgrad.torch.distributed import ADVICE as _ADVICE

__getattr__ = _absent(__name__, _ADVICE, {"DeviceMesh", "init_device_mesh"})
