"""torch.distributed.rpc: calls in other processes, which are not there, as `is_available` says."""

from funcgrad.torch._absent import absent as _absent
from funcgrad.torch.distributed import ADVICE as _ADVICE

_IMPORTED = frozenset({"PyRRef", "RRef", "TensorPipeAgent", "init_rpc", "remote", "rpc_async", "rpc_sync", "shutdown"})


def is_available() -> bool:
    """Whether other processes can be called."""
    return False


__getattr__ = _absent(__name__, _ADVICE, _IMPORTED)
