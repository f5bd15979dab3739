"""What pools refuse, in PyTorch's words, and the windows they make of what they accept."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from funcgrad.torch._ops.known import expect
from funcgrad.torch._ops.promotion import scalar_name
from funcgrad.torch._ops.windows import Span, each, span
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import type_name

_COUNTS = ("an", "two", "three")
_TOO_MUCH_PADDING = (
    "pad should be at most half of effective kernel size, but got pad={0}, kernel_size={1} and dilation={2}"
)


def numbers(given: Any, ndim: int, name: str, key: str) -> tuple[int, ...]:
    """One number for each dimension.

    Raises:
        TypeError: It is a collection of another kind, as a set.
        RuntimeError: There are too many or too few.
    """
    if isinstance(given, Iterable) and not isinstance(given, (tuple, list, Tensor)):
        place = 2 + ("kernel_size", "stride", "padding", "dilation").index(key)
        raise TypeError(f"{name}(): argument '{key}' (position {place}) must be tuple of ints, not {type_name(given)}")
    found = each(given, ndim)
    if len(found) == ndim:
        return found
    if ndim == 1:
        raise RuntimeError(
            f"{name}() {key} must be an int, list of ints or tuple of ints of size 1 but got size {len(found)}"
        )
    count = _COUNTS[ndim - 1]
    raise RuntimeError(f"{name}: {key} must either be a single int, or a tuple of {count} ints")


def max_pool_spans(
    x: Any, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int], dilation: Sequence[int], ceil: bool
) -> list[Span]:
    """The windows of a max-pool.

    Raises:
        RuntimeError: Shapes or numbers do not fit.
        NotImplementedError: Booleans.
    """
    n = len(kernel)
    if n == 1:
        return [_checked_span_of_1d(x, kernel[0], stride[0], padding[0], dilation[0], ceil)]
    if 0 in stride:
        raise RuntimeError("stride should not be zero")
    if min(padding) < 0:
        raise RuntimeError(f"pad must be non-negative, but got pad: {min(padding)}")
    _check_half(kernel, padding, dilation)
    if min(dilation) < 1:
        shown = " ".join(f"dilation{d}: {k}" for d, k in zip("THW"[3 - n :], dilation, strict=True))
        raise RuntimeError(f"dilation should be greater than zero, but got {shown}")
    _check_rank(x, n)
    if x.dtype == np.bool_:
        raise NotImplementedError(f"\"max_pool{n}d\" not implemented for 'Bool'")
    return _spans(x.shape[x.ndim - n - 1 :], kernel, stride, padding, dilation, ceil)


def _checked_span_of_1d(x: Any, kernel: int, stride: int, padding: int, dilation: int, ceil: bool) -> Span:
    if x.ndim not in (2, 3) or 0 in x.shape[-2:]:
        raise RuntimeError(
            "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but got:"
            f"{list(x.shape)}"
        )
    for name, value in (("kernel_size", kernel), ("stride", stride)):
        if value < 1:
            raise RuntimeError(f"max_pool1d() {name} must be greater than zero, but got {value}")
    if padding < 0:
        raise RuntimeError(f"max_pool1d() padding must be non-negative, but got {padding}")
    if padding > kernel // 2:
        raise RuntimeError(
            f"max_pool1d() padding should be at most half of kernel size, but got padding={padding} and "
            f"kernel_size={kernel}"
        )
    if dilation < 1:
        raise RuntimeError(f"max_pool1d() dilation must be greater than zero, but got {dilation}")
    made = span(x.shape[-1], kernel, stride, padding, dilation, ceil)
    if made.count < 1:
        raise RuntimeError(f"max_pool1d() Invalid computed output size: {made.count}")
    return made


def _check_half(kernel: Sequence[int], padding: Sequence[int], dilation: Sequence[int]) -> None:
    for k, p, d in zip(kernel, padding, dilation, strict=True):
        if p > (d * (k - 1) + 1) // 2:
            raise RuntimeError(_TOO_MUCH_PADDING.format(p, k, d))


def _check_rank(x: Any, n: int) -> None:
    if x.ndim not in (n + 1, n + 2):
        raise RuntimeError(f"non-empty {n + 1}D or {n + 2}D (batch mode) tensor expected for input")
    if 0 in x.shape[x.ndim - n - 1 :]:
        raise RuntimeError(
            f"Expected {n + 1}D or {n + 2}D (batch mode) tensor with optional 0 dim batch size for input, but got:"
            f"{list(x.shape)}"
        )


def _spans(sizes: Sequence[int], kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: bool) -> list[Span]:
    """The windows over `sizes`, the number of channels and that of elements along each dimension."""
    made = [span(*how, ceil) for how in zip(sizes[1:], kernel, stride, padding, dilation, strict=True)]
    counts = [s.count for s in made]
    if min(counts) < 1:
        shown = ["x".join(map(str, s)) for s in (sizes, (sizes[0], *counts))]
        raise RuntimeError(
            f"Given input size: ({shown[0]}). Calculated output size: ({shown[1]}). Output size is too small"
        )
    return made


def avg_pool_spans(
    x: Any, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int], ceil: bool, divisor: int | None
) -> list[Span]:
    """The windows of an average pool.

    Raises:
        RuntimeError: Shapes or numbers do not fit.
        NotImplementedError: The dtype is no floating-point one nor int64.
    """
    n = len(kernel)
    if min(padding) < 0:
        raise RuntimeError(f"pad must be non-negative, but got pad: {min(padding)}")
    _check_half(kernel, padding, (1,) * n)
    if n == 1 and x.ndim not in (2, 3):
        raise RuntimeError(_rank_of_1d(x, "avg_pool1d"))
    if n == 2 and x.ndim < 3:
        raise IndexError(f"Dimension out of range (expected to be in range of [-{x.ndim}, {x.ndim - 1}], but got -3)")
    _check_rank(x, n)
    if 0 in stride:
        raise RuntimeError("stride should not be zero")
    if divisor == 0:
        raise RuntimeError("divisor must be not zero")
    if n == 3 and any(m < k for m, k in zip(x.shape[-3:], kernel, strict=True)):
        raise RuntimeError(f"input image ({_thw('', x.shape[-3:])}) smaller than kernel size ({_thw('k', kernel)})")
    if x.dtype != np.int64:
        no_integers(x, "avg_pool3d_out_frame" if n == 3 else "avg_pool2d")
    if n == 1:  # PyTorch speaks of a plane of height 1
        return _spans((*x.shape[-2:-1], 1, x.shape[-1]), (1, *kernel), (1, *stride), (0, *padding), (1, 1), ceil)[1:]
    return _spans(x.shape[x.ndim - n - 1 :], kernel, stride, padding, (1,) * n, ceil)


def _thw(prefix: str, sizes: Sequence[int]) -> str:
    return " ".join(f"{prefix}{d}: {m}" for d, m in zip("THW", sizes, strict=True))


def _rank_of_1d(x: Any, name: str) -> str:
    return (
        f"Expected 2 to 3 dimensions, but got {x.ndim}-dimensional tensor for argument #1 'self' (while checking "
        f"arguments for {name})"
    )


def adaptive_rank(x: Any, n: int, name: str, got: str) -> None:
    """Refuse an input of the wrong number of dimensions.

    Raises:
        RuntimeError: PyTorch's text.
    """
    if x.ndim in (n + 1, n + 2):
        return
    if n == 1:
        raise RuntimeError(_rank_of_1d(x, name))
    raise RuntimeError(f"{name}(): Expected {n + 1}D or {n + 2}D tensor, but {got}{list(x.shape)}")


def adaptive_size(x: Tensor, size: Any, n: int, name: str) -> tuple[int, ...]:
    """The sizes asked for; None stands for the input's own.

    Raises:
        RuntimeError: There are too many or too few.
        ValueError: The input has too few dimensions.
    """
    given = tuple(size) if isinstance(size, tuple | list) else (size,) * n
    if n == 1 and len(given) != 1:
        raise RuntimeError(f"{name}() argument 'output_size' should contain one int (got {len(given)})")
    if n > 1 and isinstance(size, tuple | list) and x.ndim <= len(given):
        raise ValueError(f"Input dimension should be at least {len(given) + 1}")
    if len(given) != n:
        shown = f"{name}(): internal error: output_size.size()" if "max" in name else f"{name}: output_size"
        raise RuntimeError(f"{shown} must be {n}")
    return tuple(m if s is None else int(s) for s, m in zip(given, x.shape[max(x.ndim - n, 0) :], strict=False))


def sizes_not_negative(x: Tensor, size: tuple[int, ...], name: str) -> None:
    """Refuse negative sizes of an adaptive pool.

    Raises:
        RuntimeError: PyTorch's text, which speaks of a plane of height 1 where there is one dimension.
    """
    if min(size) >= 0:
        return
    plane = size if len(size) > 1 else (1, *size)
    if "max" in name:
        whole = [*x.shape[: x.ndim - len(size)], *plane]
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(size)}: {whole}")
    shown = f"{plane[0]}, {','.join(map(str, plane[1:]))}"
    raise RuntimeError(
        f"{name.replace('1d', '2d')}: elements of output_size must be greater than or equal to 0 but received "
        f"{{{shown}}}"
    )


def adaptive_pool(x: Any, size: tuple[int, ...], name: str, got: str) -> None:
    """Refuse what an adaptive pool cannot take.

    Raises:
        RuntimeError: A dimension is empty.
        NotImplementedError: The elements are integers.
    """
    n = len(size)
    adaptive_rank(x, n, name, got)
    for d in range(x.ndim - n, x.ndim):
        if x.shape[d] == 0:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes "
                f"{list(x.shape)} with dimension {d} being empty"
            )
    no_integers(x, name.replace("1d", "2d"))


def no_integers(x: Any, kernel: str) -> None:
    """Refuse integers and booleans.

    Raises:
        NotImplementedError: PyTorch's text.
    """
    if x.dtype.kind in "biu":
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_name(x.dtype)}'")


def max_unpool(x: Any, places: Any, n: int) -> None:
    """Refuse positions that do not belong to the maxima.

    Raises:
        RuntimeError: PyTorch's text.
    """
    if places.dtype != np.int64:
        raise RuntimeError(f"elements in indices should be type int64 but got: {scalar_name(places.dtype)}")
    if x.ndim not in (n + 1, n + 2):
        raise RuntimeError(
            f"Input to max_unpooling{n}d should be a {n + 1}d or {n + 2}d Tensor, but got a tensor with {x.ndim} "
            "dimensions."
        )
    if x.shape != places.shape:
        raise RuntimeError(
            f"Expected shape of indices to be same as that of the input tensor ({list(x.shape)}) but got indices "
            f"tensor with shape: {list(places.shape)}"
        )


def unpooled_size(
    input: Tensor, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int], output_size: Any
) -> tuple[int, ...]:
    """The size of what was pooled.

    Raises:
        ValueError: The size asked for cannot have been it.
    """
    n = len(kernel)
    space = input.shape[input.ndim - n :]
    default = [(m - 1) * s + k - 2 * p for m, k, s, p in zip(space, kernel, stride, padding, strict=True)]
    if output_size is None:
        return tuple(default)
    asked = tuple(output_size)[-n:] if len(output_size) == n + 2 else tuple(output_size)
    if len(asked) != n:
        raise ValueError(
            f"output_size should be a sequence containing {n} or {n + 2} elements, but it has a length of "
            f"'{len(output_size)}'"
        )
    for d, (size, usual, step) in enumerate(zip(asked, default, stride, strict=True)):
        if not usual - step < size < usual + step:
            raise ValueError(
                f'invalid output_size "{asked}" (dim {d} must be between {usual - step} and {usual + step})'
            )
    return asked


def expect_places(places: Tensor, size: tuple[int, ...]) -> None:
    """Refuse positions outside the result.

    Raises:
        RuntimeError: There is one.
    """
    count = math.prod(size)
    shown = "x".join(map(str, size if len(size) > 1 else (*size, 1)))

    def check(found: np.ndarray) -> None:
        wrong = found[(found < 0) | (found >= count)]
        if wrong.size:
            raise RuntimeError(f"Found an invalid max index: {wrong[0]} (output volumes are of size {shown})")

    if places._aval.dtype == np.int64:
        expect(places, check)
