"""torch.overrides: objects that take over PyTorch's functions, of which there are none here."""

from __future__ import annotations

from typing import Any

from funcgrad.errors import UnsupportedError
from funcgrad.errors import missing_from as _missing_from
from funcgrad.errors import unsupported as _unsupported
from funcgrad.torch._tensor import Tensor as _Tensor


class TorchFunctionMode:
    """A block in which every function of PyTorch is handed to `__torch_function__`; it cannot be entered."""

    def __enter__(self) -> Any:
        """Refuse.

        Raises:
            UnsupportedError: Always.
        """
        advice = "Call what the block shall do, or wrap the functions that it is about."
        raise UnsupportedError(_unsupported(f"torch.overrides.{type(self).__name__}, a TorchFunctionMode", advice))

    def __exit__(self, *exception: object) -> None:
        """Nothing was entered."""


def has_torch_function(relevant_args: Any) -> bool:
    """Whether an argument takes over the functions that it is given to."""
    return False


def is_tensor_like(inp: Any) -> bool:
    """Whether functions take this as a tensor."""
    return isinstance(inp, _Tensor)


__getattr__ = _missing_from(__name__)
