"""torch.distributed: not there, which `is_available` says; the rest fails with what to do instead."""

from __future__ import annotations

from typing import Any

from funcgrad.errors import UnsupportedNameError, unsupported

ADVICE = (
    "Train in one process; guard the call with `if torch.distributed.is_available():`, or split the batch over devices "
    "with jax.sharding in a functional step."
)


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


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    raise UnsupportedNameError(unsupported(f"torch.distributed.{name}", ADVICE), name=name)
