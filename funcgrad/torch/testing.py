"""torch.testing: assertions that tensors are close."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from funcgrad.errors import missing_from as _missing_from
from funcgrad.errors import warn as _warn
from funcgrad.torch._ops.conversion import host_array as _host_array
from funcgrad.torch._ops.creation import as_tensor as _as_tensor
from funcgrad.torch._tensor import Tensor

_EXACT = (0.0, 0.0)
_BOUNDS = {  # PyTorch's own defaults, (rtol, atol)
    "float16": (1e-3, 1e-5), "bfloat16": (1.6e-2, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7),
    "complex64": (1.3e-6, 1e-5), "complex128": (1e-7, 1e-7),
}  # fmt: skip
_NUMBERS = {bool: "bool", int: "int64", float: "float64", complex: "complex128"}
_DEPRECATED = (
    "`torch.testing.assert_allclose()` is deprecated since 1.12 and will be removed in a future release. Please use "
    "`torch.testing.assert_close()` instead. You can find detailed upgrade instructions in "
    "https://github.com/pytorch/pytorch/issues/61844."
)


class _Options:
    def __init__(self, rtol: Any, atol: Any, equal_nan: bool, check_dtype: bool) -> None:
        self.given = None if rtol is None else (rtol, atol)
        self.equal_nan = equal_nan
        self.check_dtype = check_dtype

    def bounds(self, *names: str) -> tuple[float, float]:
        """The relative and the absolute bound for values of these dtypes."""
        found = [_BOUNDS.get(name, _EXACT) for name in names]
        return self.given or (max(r for r, _ in found), max(a for _, a in found))


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Check that tensors, numbers, or sequences and mappings of them are close: |a - b| <= atol + rtol |b|.

    Args:
        actual: What was computed.
        expected: What it should be.
        allow_subclasses: Whether the two may be of related classes.
        rtol: Relative bound; by default from the dtype.
        atol: Absolute bound; given together with `rtol`.
        equal_nan: Whether nan equals nan.
        check_device: Without effect, as there is one device.
        check_dtype: Whether dtypes must be equal.
        check_layout: Without effect, as there is one layout.
        check_stride: Without effect.
        msg: The text of the failure, or a function of the text made here.

    Raises:
        AssertionError: They are not close, with PyTorch's account of where and how far.
        ValueError: One of `rtol` and `atol` without the other.
        TypeError: Inputs that are not compared this way.
    """
    if (rtol is None) != (atol is None):
        missing = "atol" if atol is None else "rtol"
        raise ValueError(f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {missing}.")
    try:
        _compare(actual, expected, _Options(rtol, atol, equal_nan, check_dtype), ())
    except AssertionError as error:
        if msg is None:
            raise
        raise AssertionError(msg(str(error)) if callable(msg) else msg) from None


def assert_allclose(
    actual: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = True,
    msg: str = "",
) -> None:
    """`assert_close` as it was before PyTorch 1.12: dtypes may differ, and nan equals nan."""
    _warn(_DEPRECATED, FutureWarning)
    a, b = _as_tensor(actual), _as_tensor(expected)
    if rtol is None and atol is None:
        rtol, atol = _Options(None, None, True, False).bounds(a.dtype.name, b.dtype.name)
    assert_close(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan, check_dtype=False, msg=msg or None)


def _compare(a: Any, b: Any, options: _Options, place: tuple[Any, ...]) -> None:
    if a is None and b is None:
        return
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        _compare_tensors(a, b, options, place)
    elif type(a) in _NUMBERS and type(b) in _NUMBERS:
        bounds = options.bounds(_NUMBERS[type(a)], _NUMBERS[type(b)])
        _compare_arrays(np.asarray(a), np.asarray(b), bounds, options, place)
    elif isinstance(a, np.ndarray | np.generic) and isinstance(b, np.ndarray | np.generic):
        _compare_tensors(_as_tensor(a), _as_tensor(b), options, place)
    else:
        _compare_items(a, b, options, place)


def _compare_items(a: Any, b: Any, options: _Options, place: tuple[Any, ...]) -> None:
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        _check_keys(a, b, place)
        for key in a:
            _compare(a[key], b[key], options, (*place, key))
    elif all(isinstance(x, Sequence) and not isinstance(x, str) for x in (a, b)):
        if len(a) != len(b):
            _fail(f"The length of the sequences mismatch: {len(a)} != {len(b)}", place)
        for number, (x, y) in enumerate(zip(a, b, strict=True)):
            _compare(x, y, options, (*place, number))
    else:
        raise TypeError(f"No comparison pair was able to handle inputs of type {type(a)} and {type(b)}.")


def _check_keys(a: Mapping[Any, Any], b: Mapping[Any, Any], place: tuple[Any, ...]) -> None:
    missing, extra = sorted(b.keys() - a.keys(), key=str), sorted(a.keys() - b.keys(), key=str)
    if missing or extra:
        lines = [
            "The keys of the mappings do not match:",
            *([f"Missing keys in the actual mapping: {missing}"] if missing else []),
            *([f"Additional keys in the actual mapping: {extra}"] if extra else []),
        ]
        _fail("\n".join(lines), place)


def _compare_tensors(a: Tensor, b: Tensor, options: _Options, place: tuple[Any, ...]) -> None:
    for name in ("shape", *(("dtype",) if options.check_dtype else ())):
        if getattr(a, name) != getattr(b, name):
            _fail(f"The values for attribute '{name}' do not match: {getattr(a, name)} != {getattr(b, name)}.", place)
    bounds = options.bounds(a.dtype.name, b.dtype.name)
    _compare_arrays(_host_array(a, "assert_close"), _host_array(b, "assert_close"), bounds, options, place)


def _compare_arrays(a: Any, b: Any, bounds: tuple[float, float], options: _Options, place: tuple[Any, ...]) -> None:
    rtol, atol = bounds
    x, y = _widened(a), _widened(b)
    close = np.isclose(x, y, rtol=rtol, atol=atol, equal_nan=options.equal_nan) if rtol or atol else x == y
    if options.equal_nan and not (rtol or atol):
        close = close | ((x != x) & (y != y))
    if not np.all(close):
        account = _of_scalars if a.ndim == 0 else _of_arrays
        _fail(account(a, b, x, y, close, rtol, atol), place)


def _widened(x: Any) -> Any:
    """Integers and half precision in a dtype that holds their differences."""
    if x.dtype.kind in "biu":
        return x.astype(np.int64)
    return x.astype(np.float32) if x.dtype.itemsize == 2 else x


def _of_scalars(a: Any, b: Any, x: Any, y: Any, close: Any, rtol: float, atol: float) -> str:
    absolute, relative = _distances(x, y)
    return (
        f"Scalars are not {_word(rtol, atol)}!\n\nExpected {b.item()} but got {a.item()}.\n"
        f"Absolute difference: {absolute.item()}{_allowed(atol, rtol, atol)}\n"
        f"Relative difference: {relative.item()}{_allowed(rtol, rtol, atol)}"
    )


def _of_arrays(a: Any, b: Any, x: Any, y: Any, close: Any, rtol: float, atol: float) -> str:
    count = int(np.sum(~close))
    absolute, relative = (np.where(close, 0, d) for d in _distances(x, y))
    lines = [
        f"Tensor-likes are not {_word(rtol, atol)}!\n",
        f"Mismatched elements: {count} / {a.size} ({count / a.size:.1%})",
    ]
    for name, distance, bound in (("absolute", absolute, atol), ("relative", relative, rtol)):
        at = np.unravel_index(int(np.argmax(distance)), a.shape)
        index = tuple(int(i) for i in at)
        worst = distance[at].item()
        lines.append(f"Greatest {name} difference: {worst} at index {index}{_allowed(bound, rtol, atol)}")
    return "\n".join(lines)


def _distances(x: Any, y: Any) -> tuple[Any, Any]:
    absolute = np.abs(x - y)
    with np.errstate(divide="ignore", invalid="ignore"):
        return absolute, absolute / np.abs(y)


def _word(rtol: float, atol: float) -> str:
    return "close" if rtol or atol else "equal"


def _allowed(bound: float, rtol: float, atol: float) -> str:
    return f" (up to {bound} allowed)" if rtol or atol else ""


def _fail(text: str, place: tuple[Any, ...]) -> None:
    where = "".join(f"[{key!r}]" for key in place)
    raise AssertionError(f"{text}\n\nThe failure occurred for item {where}" if place else text)


__getattr__ = _missing_from(__name__)
