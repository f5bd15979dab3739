"""Filling: what may stand in `out=`, and how a result gets there.

Most operators cast upwards into it, some to anything, others take their own dtype only; each says so in its own words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from funcgrad.errors import warn
from funcgrad.torch._dispatch import apply
from funcgrad.torch._grad_mode import state
from funcgrad.torch._in_place import FIT, assign, category, check_writable
from funcgrad.torch._tensor import C_NAMES, Tensor
from funcgrad.torch._texts import OUT_ACROSS_DEVICES, OUT_HAS_NO_GRAD, OUT_OF_OTHER_LENGTH, OUT_RESIZED
from funcgrad.torch._types import dtype_of
from funcgrad.trace import is_differentiable

_Fits = Callable[[np.dtype[Any], np.dtype[Any]], bool]


class _Rule(NamedTuple):
    fits: _Fits  # (dtype of the result, dtype of out)
    text: str  # `want` is the dtype of the result, `have` that of out; `c_...` as C++ names them
    error: type[Exception] = RuntimeError


def _anything(want: np.dtype[Any], have: np.dtype[Any]) -> bool:
    return True


def _same(want: np.dtype[Any], have: np.dtype[Any]) -> bool:
    return want == have


def _same_kind(want: np.dtype[Any], have: np.dtype[Any]) -> bool:
    return category(want) == category(have)


def _upwards(want: np.dtype[Any], have: np.dtype[Any]) -> bool:
    return category(want) <= category(have)


def _bytes_too(want: np.dtype[Any], have: np.dtype[Any]) -> bool:
    return have.name in ("bool", "uint8")


_CAST = _Rule(_upwards, "result type {want} can't be cast to the desired output type {have}")
_ANYTHING = _Rule(_anything, "")
_COMPLEX = _Rule(_same_kind, "{short} expects a complex output tensor, but got {have}")
_FLOATING = _Rule(_same_kind, "{short} expects a floating point output tensor, but got {have}")
_OWN = _Rule(_same, "Expected out tensor to have dtype {c_want}, but got {c_have} instead")
_JOINED = _Rule(_upwards, "torch.cat(): input types can't be cast to the desired output type {have}", TypeError)
_SAFE = _Rule(
    _upwards, "{name}: Expected result to be safely castable from {want} dtype, but got result with dtype {have}"
)


def _own(text: str, *names: str) -> dict[str, _Rule]:
    return dict.fromkeys(names, _Rule(_same, text))


_SEQUENCES = frozenset({"arange", "range", "linspace", "logspace"})
"""Functions that fill `out` in its own shape, if it has their number of elements."""
BY_OUT = frozenset({"sum", "prod", "nansum", "cumsum", "cumprod"})
"""Functions that compute in the dtype of `out`."""
_RULES: dict[str, _Rule] = {
    **dict.fromkeys(BY_OUT, _OWN),
    **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge", "not_equal", "less", "less_equal", "greater"), _ANYTHING),
    **dict.fromkeys(("greater_equal", "logical_and", "logical_or", "logical_xor", "logical_not"), _ANYTHING),
    **dict.fromkeys(("bernoulli", "normal"), _ANYTHING),
    **dict.fromkeys(("cat", "concat", "concatenate", "stack", "hstack", "vstack", "dstack"), _JOINED),
    **dict.fromkeys(("column_stack", "row_stack"), _JOINED),
    **dict.fromkeys(("addmm", "addmv", "mm", "mv", "bmm", "baddbmm", "matmul", "inverse", "renorm", "norm"), _OWN),
    **dict.fromkeys(("gather", "scatter", "scatter_add", "scatter_reduce", "index_add", "index_copy"), _OWN),
    **dict.fromkeys(("index_reduce", "take_along_dim", "tril", "triu", "diag", "cross", "isin", "msort"), _OWN),
    **dict.fromkeys(("argmax", "argmin", "sort", "topk", "aminmax", "softmax", "log_softmax"), _OWN),
    **dict.fromkeys(("linalg_cond", "linalg_pinv"), _SAFE),
    "cholesky": _SAFE,
    "any": _Rule(_bytes_too, "any only supports bool tensor for result, got: {have}"),
    "all": _Rule(_bytes_too, "all only supports bool tensor for result, got: {have}"),
    **_own("Found dtype {have} but expected {want}", "neg", "negative", "abs", "absolute", "floor", "ceil", "trunc"),
    **_own("Found dtype {have} but expected {want}", "fix", "round", "frac", "sign", "sgn", "conj_physical"),
    **_own("Found dtype {have} but expected {want}", "bitwise_not", "clamp", "clamp_min", "clamp_max", "clip"),
    **_own("result dtype {have} does not match input dtype {want}", "dot", "vdot"),
    **_own("{name}(): self and result must have the same scalar type", "index_select", "masked_select"),
    **_own("Expected out type to be {want} but got {have}", "where"),
    **_own("nonzero: Expected out tensor to have scalar type {want} but got scalar type{have}", "nonzero"),
    **_own("{name} does not support non-boolean outputs.", "isposinf", "isneginf", "signbit"),
    **_own("nan_to_num: dtype of out: {have} should be same as input: {want}", "nan_to_num"),
    **_own("multinomial expects Long tensor out, got: {have}", "multinomial"),
    **_own("expected scalar_type {want} but found {have}", "logcumsumexp", "cummax", "cummin"),
    **_own("expected scalar type '{want}' but got '{have}' for values output", "mode"),
    **_own("output values must be of same type as input", "kthvalue"),
    **_own("quantile() out tensor must be same dtype as the input tensor", "quantile", "nanquantile"),
    **_own("Expected object of scalar type {want} but got scalar type {have} for argument 'out'", "complex", "polar"),
    **_own("linalg.{short} expected out tensor dtype {want} but got: {have}", "linalg_norm", "linalg_matrix_norm"),
    **_own(
        "Expected the dtype for input and out to match, but got {want} for input's dtype and {have} for out's dtype.",
        *("amax", "amin"),
    ),
    **_own(
        "take(): self and out expected to have the same dtype, but got self.dtype = {want} and out.dtype = {have}",
        "take",
    ),
    **_own(
        "tensordot: Expected the output tensor to have dtype {want}, but got an output tensor with dtype {have}",
        *("tensordot", "inner"),
    ),
    **_own(
        "multi_dot(): expected out tensor to have dtype {c_want} but got {c_have}", "chain_matmul", "linalg_multi_dot"
    ),
    **_own(
        "torch.histogram: input tensor and hist tensor should have the same dtype, but got input {c_want} and hist "
        "{c_have}",
        "histc",
    ),
    **_own(
        "torch.searchsorted(): output tensor's dtype is wrong, it can only be Int(int32) or Long(int64) depending on "
        "whether out_int32 flag is True, but we got output tensor's dtype {have}",
        *("searchsorted", "bucketize"),
    ),
}


def put(result: Any, out: Any, operands: Iterable[Any], name: str) -> Any:
    """Make a result the value of `out`, which takes on its shape; likewise for several.

    Args:
        result: A tensor that nobody else has, or a named tuple of them.
        out: A tensor, or a sequence of them.
        operands: What the result was computed from.
        name: The function's, with its namespace: `linalg_inv`.

    Raises:
        TypeError: `out` is no tensor.
        RuntimeError: It has a graph, or a dtype that the function does not cast to.
    """
    if isinstance(result, tuple):
        return type(result)([_put(r, o, operands, name, _OWN) for r, o in zip(result, out, strict=True)])
    return _put(result, out, operands, name, _RULES.get(name) or _of_namespace(name, result))


def _of_namespace(name: str, result: Tensor) -> _Rule:
    if name.startswith("fft_"):
        return _COMPLEX if result._aval.dtype.kind == "c" else _FLOATING
    return _OWN if name.startswith("linalg_") else _CAST


def _put(result: Tensor, out: Any, operands: Iterable[Any], name: str, rule: _Rule) -> Tensor:
    if not isinstance(out, Tensor):
        raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(out).__name__}")
    given = list(_tensors(operands))
    if state.grad and is_differentiable(result._aval) and any(x.requires_grad for x in (out, *given)):
        raise RuntimeError(OUT_HAS_NO_GRAD.format(name))
    if out.is_meta != result.is_meta:
        raise RuntimeError(OUT_ACROSS_DEVICES.format(result.device, out.device))
    _check_dtype(rule, name, result._aval.dtype, out._aval.dtype)
    check_writable(out, *given)
    shape = result._aval.shape
    if out._aval.shape != shape:
        if out._aval.size:
            warn(OUT_RESIZED.format(list(out.shape), list(shape)))
        out.resize_(shape)
    return _filled(out, result)


def _filled(out: Tensor, result: Tensor) -> Tensor:
    is_cast = out._aval.dtype != result._aval.dtype
    return assign(out, apply(FIT, (result._aval.shape, out._aval.dtype), result) if is_cast else result)


def _check_dtype(rule: _Rule, name: str, want: np.dtype[Any], have: np.dtype[Any]) -> None:
    if not rule.fits(want, have):
        wanted, given = dtype_of(want), dtype_of(have)
        words = {"want": wanted.scalar, "have": given.scalar, "short": name.partition("_")[2]}
        spelled = {"c_want": C_NAMES.get(wanted.name), "c_have": C_NAMES.get(given.name)}
        raise rule.error(rule.text.format(name=name.replace("linalg_", "linalg."), **words, **spelled))


def _tensors(operands: Iterable[Any]) -> Iterator[Tensor]:
    for x in operands:
        if isinstance(x, Tensor):
            yield x
        elif isinstance(x, tuple | list):
            yield from _tensors(x)


def put_created(made: Tensor, out: Tensor, name: str) -> Tensor:
    """Make what a function has created the value of `out`, whose shape it takes on.

    Raises:
        RuntimeError: `out` requires grad.
    """
    if state.grad and out.requires_grad:
        raise RuntimeError(OUT_HAS_NO_GRAD.format(f"aten::{name}"))
    check_writable(out)
    shape = made._aval.shape
    if name in _SEQUENCES and out._aval.size == made._aval.size:
        made = made.reshape(out._aval.shape)
    elif out._aval.shape != shape:
        if name == "arange" and out._aval.size:
            warn(OUT_OF_OTHER_LENGTH.format(list(out.shape), out._aval.size, *shape, f"({shape[0]},)"))
        out.resize_(shape)
    return _filled(out, made)
