"""A process group of one process: what would be exchanged stays as it is. Groups of more are refused."""

from __future__ import annotations

import os
import pickle
from enum import Enum
from typing import Any, ClassVar, NoReturn

from funcgrad.errors import UnsupportedError, unsupported
from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._tensor import Tensor

ADVICE = (
    "Train in one process; guard the call with `if torch.distributed.is_available():`, or split the batch over devices "
    "with jax.sharding in a functional step."
)
NOT_INITIALIZED = "Default process group has not been initialized, please make sure to call init_process_group."
_VARIABLES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")

ReduceOp = Enum("RedOpType", "SUM AVG PRODUCT MIN MAX BAND BOR BXOR PREMUL_SUM", start=0)
"""How processes would join their tensors; functions have it as the default of an argument."""


class ProcessGroup:
    """The group of this process alone.

    Args:
        backend: The name of what would carry the messages.
    """

    def __init__(self, backend: str) -> None:
        self.backend = backend

    def rank(self) -> int:
        """Which of the processes this one is."""
        return 0

    def size(self) -> int:
        """How many processes there are."""
        return 1


class group:
    """Groups by name."""

    WORLD: ClassVar[ProcessGroup | None] = None


class GroupMember(group):
    """The same, with the number that stands for a group to which this process does not belong."""

    NON_GROUP_MEMBER = -100


_known = group  # functions have an argument of that name


class Work:
    """What an exchange gives that nobody waits for yet: it is over."""

    def wait(self, timeout: Any = None) -> bool:
        """Return at once."""
        return True

    def is_completed(self) -> bool:
        """Whether it is over."""
        return True


def is_initialized() -> bool:
    """Whether a process group was made."""
    return _known.WORLD is not None


def init_process_group(
    backend: str | None = None,
    init_method: str | None = None,
    timeout: Any = None,
    world_size: int = -1,
    rank: int = -1,
    store: Any = None,
    group_name: str = "",
    pg_options: Any = None,
    device_id: Any = None,
) -> None:
    """Make the group of this process.

    Args:
        backend: The name of what would carry the messages; without one it is `gloo`.
        init_method: Where processes would meet; with `env://` environment variables tell what is not told here.
        timeout: Without effect.
        world_size: How many processes there are: one.
        rank: Which of them this is: 0.
        store: Without effect.
        group_name: Without effect.
        pg_options: Without effect.
        device_id: Without effect.

    Raises:
        ValueError: There is a group, a variable is missing, or the rank is none.
        RuntimeError: The backend is for GPUs.
        UnsupportedError: There are several processes.
    """
    if _known.WORLD is not None:
        raise ValueError("trying to initialize the default process group twice!")
    backend = (backend or "gloo").lower()
    if "nccl" in backend:
        raise RuntimeError("Distributed package doesn't have NCCL built in")
    if store is None and init_method in (None, "env://"):
        rank, world_size = _from_environment(rank, world_size)
    if world_size != 1:
        raise UnsupportedError(unsupported(f"torch.distributed with {world_size} processes", ADVICE))
    if rank != 0:
        raise ValueError(f"Invalid rank {rank} in a group of 1: expected 0")
    _known.WORLD = ProcessGroup(backend)


def _from_environment(rank: int, world_size: int) -> tuple[int, int]:
    told = {"RANK": rank, "WORLD_SIZE": world_size}
    for name in _VARIABLES:
        if told.get(name, -1) == -1 and name not in os.environ:
            raise ValueError(
                f"Error initializing torch.distributed using env:// rendezvous: environment variable {name} expected, "
                "but not set"
            )
    rank, world_size = (int(os.environ[name]) if value == -1 else value for name, value in told.items())
    return rank, world_size


def destroy_process_group(group: Any = None) -> None:
    """Forget the group."""
    assert is_initialized(), "Process group cannot be None"
    _known.WORLD = None


def _group() -> ProcessGroup:
    if _known.WORLD is None:
        raise ValueError(NOT_INITIALIZED)
    return _known.WORLD


def new_group(ranks: Any = None, *args: Any, **kwargs: Any) -> ProcessGroup:
    """A group of some of the processes, of which there is one."""
    return ProcessGroup(_group().backend)


def get_rank(group: Any = None) -> int:
    """Which of the processes this one is."""
    return _group().rank()


def get_world_size(group: Any = None) -> int:
    """How many processes there are."""
    return _group().size()


def get_backend(group: Any = None) -> str:
    """The name of what would carry the messages."""
    return _group().backend


def get_process_group_ranks(group: Any = None) -> list[int]:
    """The ranks of a group's processes."""
    return [*range(_group().size())]


def _done(async_op: bool, *roots: int | None) -> Work | None:
    _group()
    if any(root not in (None, 0) for root in roots):
        raise ValueError(f"Invalid rank {next(filter(None, roots))} in a group of 1: expected 0")
    return Work() if async_op else None


def _moved(async_op: bool, targets: list[Tensor], sources: list[Tensor], name: str = "", *roots: int | None) -> Any:
    """Write what was sent to where it is received."""
    done = _done(async_op, *roots)
    if len(targets) != 1 or len(sources) != 1:
        raise RuntimeError(
            f"ProcessGroupGloo::{name}: invalid output tensor list at index 0 (expected length 1, got {len(targets)})"
        )
    (target,), (source,) = targets, sources
    if target.numel() != source.numel():
        want, have = (f"({', '.join(map(str, x.shape))})" for x in (source, target))
        raise RuntimeError(f"ProcessGroupGloo::{name}: invalid tensor size at index 0 (expected {want}, got {have})")
    with no_grad():
        target.copy_(source.reshape(target.shape))
    return done


def barrier(group: Any = None, async_op: bool = False, device_ids: Any = None) -> Work | None:
    """Wait for the other processes, of which there are none."""
    return _done(async_op)


def monitored_barrier(group: Any = None, timeout: Any = None, wait_all_ranks: bool = False) -> None:
    """Wait for the other processes, of which there are none."""
    _done(False)


def all_reduce(tensor: Tensor, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False) -> Work | None:
    """Join what all processes have: the tensor itself."""
    return _done(async_op)


def reduce(
    tensor: Tensor,
    dst: int | None = None,
    op: Any = ReduceOp.SUM,
    group: Any = None,
    async_op: bool = False,
    group_dst: int | None = None,
) -> Work | None:
    """Join what all processes have, on one of them: the tensor itself."""
    return _done(async_op, dst, group_dst)


def broadcast(
    tensor: Tensor, src: int | None = None, group: Any = None, async_op: bool = False, group_src: int | None = None
) -> Work | None:
    """Give all processes what one of them has."""
    return _done(async_op, src, group_src)


def all_gather(tensor_list: list[Tensor], tensor: Tensor, group: Any = None, async_op: bool = False) -> Work | None:
    """Collect every process's tensor on all of them."""
    return _moved(async_op, tensor_list, [tensor], "allgather")


def gather(
    tensor: Tensor,
    gather_list: list[Tensor] | None = None,
    dst: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_dst: int | None = None,
) -> Work | None:
    """Collect every process's tensor on one of them."""
    return _moved(async_op, gather_list or [], [tensor], "gather", dst, group_dst)


def scatter(
    tensor: Tensor,
    scatter_list: list[Tensor] | None = None,
    src: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_src: int | None = None,
) -> Work | None:
    """Give each process its tensor of a list."""
    return _moved(async_op, [tensor], scatter_list or [], "scatter", src, group_src)


def reduce_scatter(
    output: Tensor, input_list: list[Tensor], op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Work | None:
    """Join what all processes have, and give each its part."""
    return _moved(async_op, [output], input_list, "reduce_scatter")


def all_to_all(
    output_tensor_list: list[Tensor], input_tensor_list: list[Tensor], group: Any = None, async_op: bool = False
) -> Work | None:
    """Send a tensor from each process to each."""
    return _moved(async_op, output_tensor_list, input_tensor_list, "alltoall")


def all_gather_into_tensor(
    output_tensor: Tensor, input_tensor: Tensor, group: Any = None, async_op: bool = False
) -> Work | None:
    """Collect every process's tensor in one, on all of them."""
    return _moved(async_op, [output_tensor], [input_tensor], "allgather")


def reduce_scatter_tensor(
    output: Tensor, input: Tensor, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Work | None:
    """Join what all processes have, and give each its part of it."""
    return _moved(async_op, [output], [input], "reduce_scatter")


def all_to_all_single(
    output: Tensor,
    input: Tensor,
    output_split_sizes: Any = None,
    input_split_sizes: Any = None,
    group: Any = None,
    async_op: bool = False,
) -> Work | None:
    """Send a part of a tensor from each process to each."""
    return _moved(async_op, [output], [input], "alltoall")


def _sent(obj: Any) -> Any:
    return pickle.loads(pickle.dumps(obj))


def all_gather_object(object_list: list[Any], obj: Any, group: Any = None) -> None:
    """Collect every process's object on all of them."""
    _done(False)
    object_list[0] = _sent(obj)


def gather_object(
    obj: Any, object_gather_list: Any = None, dst: int | None = None, group: Any = None, group_dst: int | None = None
) -> None:
    """Collect every process's object on one of them."""
    _done(False, dst, group_dst)
    object_gather_list[0] = _sent(obj)


def scatter_object_list(
    scatter_object_output_list: list[Any],
    scatter_object_input_list: Any = None,
    src: int | None = None,
    group: Any = None,
    group_src: int | None = None,
) -> None:
    """Give each process its object of a list."""
    _done(False, src, group_src)
    scatter_object_output_list[0] = _sent(scatter_object_input_list[0])


def broadcast_object_list(
    object_list: list[Any],
    src: int | None = None,
    group: Any = None,
    device: Any = None,
    group_src: int | None = None,
) -> None:
    """Give all processes the objects that one of them has."""
    _done(False, src, group_src)


def send(tensor: Tensor, dst: int | None = None, *args: Any, **kwargs: Any) -> NoReturn:
    """Refused: there is nobody to send to."""
    _group()
    raise ValueError(
        "Invalid destination rank: destination rank should not be the same as the rank of the current process."
    )


def recv(tensor: Tensor, src: int | None = None, *args: Any, **kwargs: Any) -> NoReturn:
    """Refused: there is nobody to receive from."""
    _group()
    raise ValueError("Invalid source rank: there is no other process than this one to receive from.")


isend, irecv = send, recv
