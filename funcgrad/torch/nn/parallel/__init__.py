"""torch.nn.parallel: one model on several devices, of which there is one."""

from typing import Any

from funcgrad.errors import UnsupportedNameError, unsupported
from funcgrad.torch.nn.parallel.data_parallel import DataParallel as DataParallel
from funcgrad.torch.nn.parallel.data_parallel import data_parallel as data_parallel


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    advice = "Train in one process with the module itself; JAX uses all cores."
    raise UnsupportedNameError(unsupported(f"torch.nn.parallel.{name}", advice), name=name)
