"""What `to` is told: a device, a dtype, both of another tensor, whether to wait, and a memory format."""

from __future__ import annotations

from typing import Any, NamedTuple

from funcgrad.torch._memory_format import memory_format as MemoryFormat
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import check_device, device, dtype


class Destination(NamedTuple):
    """Where a tensor or module shall go; None leaves it as it is."""

    device: Any = None
    dtype: Any = None
    non_blocking: bool = False
    memory_format: Any = None


def destination(*args: Any, **keywords: Any) -> Destination:
    """The destination that the arguments of a `to` name.

    Raises:
        AssertionError: The device is a GPU.
    """
    keywords.pop("copy", None)
    found: dict[str, Any] = {"non_blocking": bool(keywords.pop("non_blocking", False))}
    for given in (*args, *keywords.values()):
        if isinstance(given, Tensor):
            found |= {"device": given.device, "dtype": given.dtype}
        elif isinstance(given, dtype):
            found["dtype"] = given
        elif isinstance(given, bool):
            found["non_blocking"] = given
        elif isinstance(given, MemoryFormat):
            found["memory_format"] = given
        elif given is not None:
            check_device(given)
            found["device"] = device(given)
    return Destination(**found)
