"""torch.distributed: a process group of one process. Several are not there, which `is_available` says.

Using the rest fails with what to do instead.
"""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import Any

from funcgrad.torch._absent import absent as _absent
from funcgrad.torch.distributed._alone import ADVICE as ADVICE
from funcgrad.torch.distributed._alone import GroupMember as GroupMember
from funcgrad.torch.distributed._alone import ProcessGroup as ProcessGroup
from funcgrad.torch.distributed._alone import ReduceOp as ReduceOp
from funcgrad.torch.distributed._alone import Work as Work
from funcgrad.torch.distributed._alone import all_gather as all_gather
from funcgrad.torch.distributed._alone import all_gather_into_tensor as all_gather_into_tensor
from funcgrad.torch.distributed._alone import all_gather_object as all_gather_object
from funcgrad.torch.distributed._alone import all_reduce as all_reduce
from funcgrad.torch.distributed._alone import all_to_all as all_to_all
from funcgrad.torch.distributed._alone import all_to_all_single as all_to_all_single
from funcgrad.torch.distributed._alone import barrier as barrier
from funcgrad.torch.distributed._alone import broadcast as broadcast
from funcgrad.torch.distributed._alone import broadcast_object_list as broadcast_object_list
from funcgrad.torch.distributed._alone import destroy_process_group as destroy_process_group
from funcgrad.torch.distributed._alone import gather as gather
from funcgrad.torch.distributed._alone import gather_object as gather_object
from funcgrad.torch.distributed._alone import get_backend as get_backend
from funcgrad.torch.distributed._alone import get_process_group_ranks as get_process_group_ranks
from funcgrad.torch.distributed._alone import get_rank as get_rank
from funcgrad.torch.distributed._alone import get_world_size as get_world_size
from funcgrad.torch.distributed._alone import group as group
from funcgrad.torch.distributed._alone import init_process_group as init_process_group
from funcgrad.torch.distributed._alone import irecv as irecv
from funcgrad.torch.distributed._alone import is_initialized as is_initialized
from funcgrad.torch.distributed._alone import isend as isend
from funcgrad.torch.distributed._alone import monitored_barrier as monitored_barrier
from funcgrad.torch.distributed._alone import new_group as new_group
from funcgrad.torch.distributed._alone import recv as recv
from funcgrad.torch.distributed._alone import reduce as reduce
from funcgrad.torch.distributed._alone import reduce_scatter as reduce_scatter
from funcgrad.torch.distributed._alone import reduce_scatter_tensor as reduce_scatter_tensor
from funcgrad.torch.distributed._alone import scatter as scatter
from funcgrad.torch.distributed._alone import scatter_object_list as scatter_object_list
from funcgrad.torch.distributed._alone import send as send

IMPORTED = frozenset({"Backend"})
"""What scripts import at the top even where they train in one process."""


def is_available() -> bool:
    """Whether several processes can train together."""
    return False


def is_nccl_available() -> bool:
    """Whether GPUs can exchange tensors."""
    return False


def is_gloo_available() -> bool:
    """Whether processes on processors can exchange tensors: one can with itself."""
    return True


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
