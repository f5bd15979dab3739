"""torch.compiler: switches of PyTorch's compiler, accepted; every step is compiled by XLA anyway."""

from __future__ import annotations

from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._dynamo import allow_in_graph as allow_in_graph
from funcgrad.torch._dynamo import disable as disable
from funcgrad.torch._dynamo import is_compiling as is_compiling
from funcgrad.torch._dynamo import reset as reset
from funcgrad.torch._dynamo.eval_frame import compile as compile


def is_dynamo_compiling() -> bool:
    """Whether PyTorch's compiler compiles this function: never."""
    return False


def is_exporting() -> bool:
    """Whether this function is exported: never."""
    return False


def assume_constant_result(fn: Any) -> Any:
    """The function itself."""
    return fn


def cudagraph_mark_step_begin() -> None:
    """Accepted: there are no CUDA graphs of PyTorch."""


def set_stance(stance: str = "default", **options: Any) -> None:
    """Accepted: nothing is compiled by PyTorch's compiler."""


__getattr__ = _missing_from(__name__)
