"""torch.cuda.random: the seeds of GPUs, under the path of PyTorch's own file."""

from __future__ import annotations

from typing import Any

import funcgrad.torch.cuda as cuda
from funcgrad.errors import missing_from

_NAMES = frozenset(
    {
        *("get_rng_state", "get_rng_state_all", "initial_seed", "manual_seed", "manual_seed_all", "seed", "seed_all"),
        *("set_rng_state", "set_rng_state_all"),
    }
)
_missing = missing_from(__name__)


def __getattr__(name: str) -> Any:
    """A function of torch.cuda."""
    return getattr(cuda, name) if name in _NAMES else _missing(name)
