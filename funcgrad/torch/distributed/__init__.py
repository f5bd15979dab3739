"""torch.distributed: not there, which `is_available` says; using the rest fails with what to do instead."""

from __future__ import annotations

from enum import Enum as _Enum
from importlib import import_module as _import_module
from typing import Any

from funcgrad.torch._absent import absent as _absent

ADVICE = (
    "Train in one process; guard the call with `if torch.distributed.is_available():`, or split the batch over devices "
    "with jax.sharding in a functional step."
)


IMPORTED = frozenset(
    {
        *("init_process_group", "destroy_process_group", "get_rank", "get_world_size", "get_backend", "new_group"),
        *("all_gather", "all_gather_object", "all_reduce", "all_to_all", "all_to_all_single", "barrier", "broadcast"),
        *("broadcast_object_list", "gather", "gather_object", "irecv", "isend", "monitored_barrier", "recv", "reduce"),
        *("reduce_scatter", "scatter", "scatter_object_list", "send", "Backend", "ProcessGroup"),
    }
)
"""What scripts import at the top even where they train in one process."""

ReduceOp = _Enum("RedOpType", "SUM AVG PRODUCT MIN MAX BAND BOR BXOR PREMUL_SUM", start=0)
"""How processes would join their tensors; functions have it as the default of an argument."""


def is_available() -> bool:
    """Whether several processes can train together."""
    return False


def is_initialized() -> bool:
    """Whether a process group was made."""
    return False


def is_nccl_available() -> bool:
    """Whether GPUs can exchange tensors."""
    return False


def is_gloo_available() -> bool:
    """Whether processes can exchange tensors."""
    return False


def is_mpi_available() -> bool:
    """Whether processes can exchange tensors over MPI."""
    return False


def is_torchelastic_launched() -> bool:
    """Whether `torchrun` started this process."""
    return False


_PLACES = frozenset({"device_mesh", "rpc"})
"""Modules that PyTorch has imported with the package: annotations name them as its attributes."""
_lookup = _absent(__name__, ADVICE, IMPORTED)


def __getattr__(name: str) -> Any:
    return _import_module(f"{__name__}.{name}") if name in _PLACES else _lookup(name)
