"""torch.storage: the classes of a tensor's memory."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._ops.storages import TypedStorage as TypedStorage
from funcgrad.torch._ops.storages import UntypedStorage as UntypedStorage

__getattr__ = _missing_from(__name__)
