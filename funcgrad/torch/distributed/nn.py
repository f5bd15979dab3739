"""torch.distributed.nn: collectives that autograd knows, which can be imported and not called."""

from __future__ import annotations

from typing import Any

from funcgrad.errors import UnsupportedNameError, unsupported
from funcgrad.torch._absent import stand_in
from funcgrad.torch.distributed import ADVICE

IMPORTED = frozenset(
    {"all_gather", "all_reduce", "all_to_all", "all_to_all_single", "broadcast", "gather", "reduce", "reduce_scatter"}
    | {"scatter"}
)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in IMPORTED:
        return stand_in("torch.distributed.nn", name, ADVICE)
    raise UnsupportedNameError(unsupported(f"torch.distributed.nn.{name}", ADVICE), name=name)
