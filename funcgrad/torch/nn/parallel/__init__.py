"""torch.nn.parallel: one model on several devices, of which there is one."""

from typing import Any

from funcgrad.errors import UnsupportedNameError, unsupported
from funcgrad.torch.nn.parallel.data_parallel import DataParallel as DataParallel
from funcgrad.torch.nn.parallel.data_parallel import data_parallel as data_parallel
from funcgrad.torch.nn.parallel.distributed import DistributedDataParallel as DistributedDataParallel
from funcgrad.torch.nn.parallel.parallel_apply import parallel_apply as parallel_apply
from funcgrad.torch.nn.parallel.replicate import replicate as replicate
from funcgrad.torch.nn.parallel.scatter_gather import gather as gather
from funcgrad.torch.nn.parallel.scatter_gather import scatter as scatter

_ADVICE = "Train in one process with the module itself; JAX uses all cores."


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    raise UnsupportedNameError(unsupported(f"torch.nn.parallel.{name}", _ADVICE), name=name)
