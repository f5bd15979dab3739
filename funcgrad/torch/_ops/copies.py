"""Views as copies, and copies of a tensor with one view replaced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.copying import clone
from funcgrad.torch._ops.inplace import copy_
from funcgrad.torch._ops.pieces import (
    as_strided,
    chunk,
    diagonal,
    narrow,
    select,
    split,
    unbind,
    unfold,
)
from funcgrad.torch._ops.rows import Row, named
from funcgrad.torch._ops.shape import expand, permute, squeeze, t, tensor_view, transpose, unsqueeze
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op

View = Callable[..., Any]


def _same(name: str, label: str) -> Op:
    """An operator that gives what it takes, for a node of PyTorch's name."""
    return Op(name, lambda x: x, saves={0: ()}, label=label)


def _copied(name: str, view: View, label: str) -> View:
    op = _same(name, label)

    def call(input: Tensor, *args: Any, **keywords: Any) -> Any:
        made = view(input, *args, **keywords)
        return tuple(apply(op, (), x) for x in made) if isinstance(made, tuple) else apply(op, (), made)

    call.__doc__ = f"As `{view.__name__}`, with memory of its own."
    return named(call, name)


def _alias(input: Tensor) -> Tensor:
    return input


def slice_of(input: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Tensor:
    """Slices along a dimension from `start` to `end`, as a view."""
    return input[(*(slice(None),) * (dim % input.ndim), slice(start, end, step))]


VIEWS: dict[str, View] = {
    "alias_copy": _alias,
    "as_strided_copy": as_strided,
    "diagonal_copy": diagonal,
    "expand_copy": expand,
    "narrow_copy": narrow,
    "permute_copy": permute,
    "select_copy": select,
    "slice_copy": slice_of,
    "split_copy": split,
    "split_with_sizes_copy": split,
    "squeeze_copy": squeeze,
    "t_copy": t,
    "transpose_copy": transpose,
    "unbind_copy": unbind,
    "unfold_copy": unfold,
    "unsqueeze_copy": unsqueeze,
    "view_copy": tensor_view,
}
UNSAFE: dict[str, tuple[View, str]] = {
    "unsafe_chunk": (chunk, "UnsafeSplit"),
    "unsafe_split": (split, "UnsafeSplit"),
    "unsafe_split_with_sizes": (split, "UnsafeSplitWithSizes"),
}
"""Pieces that PyTorch's autograd takes for tensors of their own."""


def _label(name: str) -> str:
    """The node of a copy of a view: `TBackward0_copy` for `t_copy`."""
    if name == "narrow_copy":
        return "NarrowCopy"
    return "".join(part.capitalize() for part in name.split("_")[:-1]) + "Backward0_copy"


def _replaced(name: str, view: View) -> View:
    op = _same(name, "".join(part.capitalize() for part in name.split("_")))

    def call(input: Tensor, src: Tensor, *args: Any, **keywords: Any) -> Tensor:
        result = clone(input)
        copy_(view(result, *args, **keywords), src)
        return apply(op, (), result)

    call.__doc__ = f"A copy of the tensor with `src` where `{view.__name__}` looks."
    return named(call, name)


REPLACED: dict[str, View] = {
    "as_strided_scatter": as_strided,
    "diagonal_scatter": diagonal,
    "select_scatter": select,
    "slice_scatter": slice_of,
}

ROWS = (
    *(Row(name, _copied(name, view, _label(name)), method=name == "narrow_copy") for name, view in VIEWS.items()),
    *(Row(name, _copied(name, *how)) for name, how in UNSAFE.items()),
    *(Row(name, _replaced(name, view)) for name, view in REPLACED.items()),
)
