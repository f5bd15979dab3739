"""torch._jit_internal: marks for TorchScript, which is not there; what is marked stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.jit import Final as Final
from funcgrad.torch.jit import _overload as _overload
from funcgrad.torch.jit import _overload_method as _overload_method
from funcgrad.torch.jit import export as export
from funcgrad.torch.jit import ignore as ignore
from funcgrad.torch.jit import is_scripting as is_scripting
from funcgrad.torch.jit import unused as unused


def _copy_to_script_wrapper(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The function itself, which TorchScript would call instead of compiling it."""
    return fn


__getattr__ = _missing_from(__name__)
