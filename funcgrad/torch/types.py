"""torch.types: names for annotations."""

from __future__ import annotations

import builtins as _builtins
from collections.abc import Sequence as Sequence

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._tensor import Tensor as Tensor
from funcgrad.torch._tensor import layout as _layout
from funcgrad.torch._types import Size as Size
from funcgrad.torch._types import device as _device
from funcgrad.torch._types import dtype as _dtype

_int, _float, _bool = _builtins.int, _builtins.float, _builtins.bool
_size = Size | list[int] | tuple[int, ...]
_TensorOrTensors = Tensor | Sequence[Tensor]
Number = int | float | bool
Device = _device | str | int | None

__all__ = ["Device", "Number", "Sequence", "Size", "Tensor", "_bool", "_dtype", "_float", "_int", "_layout", "_size"]

__getattr__ = _missing_from(__name__)
