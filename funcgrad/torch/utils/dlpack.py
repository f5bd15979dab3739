"""`torch.utils.dlpack`: exchange of memory with other libraries."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._ops.exchange import from_dlpack as from_dlpack
from funcgrad.torch._ops.exchange import to_dlpack as to_dlpack

__getattr__ = _missing_from(__name__)
