"""PyTorch's text of a tensor, character for character.

All numbers of a tensor share one format, which the finite non-zero ones among those shown decide.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class PrintOptions:
    """What `set_printoptions` chooses."""

    precision: int = 4  # digits after the point
    threshold: float = 1000  # more elements than this are summarised
    edgeitems: int = 3  # shown at each end of a summarised axis
    linewidth: int = 80  # characters
    sci_mode: bool | None = None  # None: from the numbers


_PROFILES = {
    "default": PrintOptions(),
    "short": PrintOptions(precision=2, edgeitems=2),
    "full": PrintOptions(threshold=math.inf),
}
_options = PrintOptions()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Chooses how tensors are printed. What is None stays as it was, but for `sci_mode`, where None is automatic.

    Args:
        precision: Digits after the decimal point.
        threshold: Number of elements above which only the edges are shown.
        edgeitems: How many items a summary shows at each end of an axis.
        linewidth: Characters in a line.
        profile: `"default"`, `"short"` or `"full"`, applied before the other arguments; PyTorch ignores other names.
        sci_mode: Whether floating-point numbers are printed in scientific notation.

    Source: PyTorch 2.13, torch.set_printoptions.
    """
    global _options
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    _options = replace(_PROFILES.get(profile or "", _options), **changes, sci_mode=sci_mode)


def options() -> PrintOptions:
    """What `set_printoptions` chose."""
    return _options


def tensor_text(
    array: Array,
    *,
    dtype_name: str,
    prefix: str = "tensor(",
    default_dtype_name: str = "torch.float32",
    grad_fn_name: str | None = None,
    requires_grad: bool = False,
    device: str | None = None,
) -> str:
    """The text that `print(tensor)` shows.

    Args:
        array: The tensor's elements, of any shape.
        dtype_name: The tensor's dtype as PyTorch prints it, for example `torch.float64`.
        prefix: What stands before the numbers; continuation lines are indented by its length.
        default_dtype_name: The default floating-point dtype, which is not printed.
        grad_fn_name: The name of the node that made the tensor, for example `MulBackward0`; None for a leaf.
        requires_grad: Whether a leaf requires a gradient.
        device: The tensor's device, or None if it is the default one, which is not printed.

    Example:
        >>> tensor_text(np.float32([1.5, 2]), dtype_name="torch.float32", requires_grad=True)
        'tensor([1.5000, 2.0000], requires_grad=True)'
    """
    suffixes = [] if device is None else [f"device='{device}'"]
    suffixes += [*_size_and_dtype(array, dtype_name, default_dtype_name), *_of_graph(grad_fn_name, requires_grad)]
    return _with_suffixes(prefix + numbers_text(array, len(prefix)), suffixes, len(prefix))


def shape_text(
    shape: tuple[int, ...],
    *,
    dtype_name: str,
    default_dtype_name: str = "torch.float32",
    grad_fn_name: str | None = None,
    requires_grad: bool = False,
) -> str:
    """The text of a tensor on `meta`, which has no elements; arguments as for `tensor_text`."""
    dtype = [] if dtype_name == default_dtype_name else [f"dtype={dtype_name}"]
    suffixes = ["device='meta'", f"size={shape}", *dtype, *_of_graph(grad_fn_name, requires_grad)]
    return _with_suffixes("tensor(...", suffixes, len("tensor("))


def _of_graph(grad_fn_name: str | None, requires_grad: bool) -> list[str]:
    if grad_fn_name is not None:
        return [f"grad_fn=<{grad_fn_name}>"]
    return ["requires_grad=True"] if requires_grad else []


def _size_and_dtype(array: Array, dtype_name: str, default: str) -> list[str]:
    """What the numbers do not tell. An empty tensor shows no number from which int64 or bool could be seen."""
    if array.size == 0:
        size_shows, known = array.ndim == 1, {default}
    else:
        default_complex = "torch.complex128" if default == "torch.float64" else "torch.complex64"
        size_shows, known = _options.edgeitems > 0, {default, default_complex, "torch.int64", "torch.bool"}
    size = [] if size_shows else [f"size={array.shape}"]
    return size if dtype_name in known else [*size, f"dtype={dtype_name}"]


def _with_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    length = len(text) - text.rfind("\n") + 1  # two more than the last line has: PyTorch's count
    for suffix in suffixes:
        if length + len(suffix) + 2 > _options.linewidth:
            text += ",\n" + " " * indent + suffix
            length = indent + len(suffix)
        else:
            text += ", " + suffix
            length += len(suffix) + 2
    return text + ")"


def numbers_text(array: Array, indent: int) -> str:
    """The numbers of an array between brackets, with continuation lines indented."""
    if array.size == 0:
        return "[]"
    elided = tuple(array.size > _options.threshold and size > 2 * _options.edgeitems for size in array.shape)
    shown = _wide(_edges(array, elided))
    return _nested(shown, _column(shown.reshape(-1)), indent, elided)


def _edges(array: Array, elided: tuple[bool, ...]) -> Array:
    """The corners of the array that a summary shows."""
    for axis, size in enumerate(array.shape):
        if elided[axis]:
            first = range(_options.edgeitems)
            array = array.take([*first, *range(size - len(first), size)], axis)
    return array


def _wide(array: Array) -> Array:
    """The same numbers in float64, where Python formats them and ratios cannot overflow float16."""
    if array.dtype.kind == "c":
        return array.astype(np.complex128)
    return array if array.dtype.kind in "biu" else array.astype(np.float64)  # bfloat16 has a kind of its own


@dataclass(frozen=True, slots=True)
class _Column:
    """The format of every number: a function to text, and the width that lines are broken by."""

    write: Callable[[Any], str]
    width: int


def _column(values: Array) -> _Column:
    if values.dtype.kind == "c":
        return _complex_column(_column(np.real(values)), _column(np.imag(values)))
    if values.dtype.kind != "f":
        return _padded(str, values)
    counted = values[np.isfinite(values) & (values != 0)]
    return _padded(_float_writer(np.abs(counted)), counted)


def _padded(write: Callable[[Any], str], counted: Array) -> _Column:
    width = max((len(write(value)) for value in counted.tolist()), default=1)
    return _Column(lambda value: write(value).rjust(width), width)


def _complex_column(real: _Column, imag: _Column) -> _Column:
    def write(value: complex) -> str:
        imaginary = imag.write(value.imag).lstrip()
        return real.write(value.real) + ("" if imaginary[0] == "-" else "+") + imaginary + "j"

    return _Column(write, real.width + imag.width + 1)


def _float_writer(magnitudes: Array) -> Callable[[float], str]:
    if not magnitudes.size:
        return _integral
    scientific = _is_spread(magnitudes) if _options.sci_mode is None else _options.sci_mode
    if scientific:
        return f"{{:.{_options.precision}e}}".format
    return _integral if np.all(magnitudes == np.floor(magnitudes)) else f"{{:.{_options.precision}f}}".format


def _is_spread(magnitudes: Array) -> bool:
    least, most = float(magnitudes.min()), float(magnitudes.max())
    return most / least > 1000 or most > 1e8 or least < 1e-4


def _integral(value: float) -> str:
    return f"{value:.0f}." if math.isfinite(value) else str(value)


def _nested(array: Array, column: _Column, indent: int, elided: tuple[bool, ...]) -> str:
    if array.ndim == 0:
        return column.write(array.item())
    if array.ndim == 1:
        return _vector([column.write(value) for value in array.tolist()], column.width, indent, elided[0])
    rows = [_nested(row, column, indent + 1, elided[1:]) for row in array]
    if elided[0]:
        rows.insert(_options.edgeitems, "...")
    return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(rows) + "]"


def _vector(items: list[str], width: int, indent: int, elided: bool) -> str:
    if elided:
        items.insert(_options.edgeitems, " ..." if items else "...")
    count = max(1, (_options.linewidth - indent) // (width + 2))  # 2: comma and blank
    lines = [", ".join(items[start : start + count]) for start in range(0, len(items), count)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
