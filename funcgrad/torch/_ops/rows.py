"""Row: one name of PyTorch's vocabulary, from which its function, method and in-place method are made."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from funcgrad.torch._dispatch import apply
from funcgrad.torch._in_place import assign, check_cast, check_writable
from funcgrad.torch._ops.filling import BY_OUT, put, put_created
from funcgrad.torch._ops.promotion import type_of
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import NOT_A_TENSOR, OUT_OF_OTHER_DTYPE
from funcgrad.torch._types import as_dtype, type_name
from funcgrad.trace import NUMBERS, Op


@dataclass(frozen=True)
class Row:
    """One name.

    Attributes:
        name: As users write it.
        call: PyTorch's function; as a method it gets the tensor first.
        function: Whether `torch.name` exists.
        method: Whether `tensor.name` exists.
        inplace: Whether `tensor.name_` exists too, with the meaning "assign the result".
        functional: Whether `torch.nn.functional.name` exists.
        attribute: Whether `tensor.name` is read without calling it.
        assign: What `tensor.name = value` does, if an attribute can be assigned to.
    """

    name: str
    call: Callable[..., Any]
    function: bool = True
    method: bool = True
    inplace: bool = False
    functional: bool = False
    attribute: bool = False
    assign: Callable[..., Any] | None = None


def renamed(call: Callable[..., Any], **names: str) -> Callable[..., Any]:
    """The function with other names for some parameters, as in `renamed(transpose, dim0="axis0", dim1="axis1")`."""
    own = {theirs: ours for ours, theirs in names.items()}

    @functools.wraps(call)
    def under_other_names(*args: Any, **options: Any) -> Any:
        return call(*args, **{own.get(name, name): value for name, value in options.items()})

    parameters = inspect.signature(call).parameters.values()
    shown = [p.replace(name=names.get(p.name, p.name)) for p in parameters]
    under_other_names.__dict__["__signature__"] = inspect.signature(call).replace(parameters=shown)
    return under_other_names


def unary(name: str, op: Op, *, inplace: bool = True, functional: bool = False) -> Row:
    """The row of an operator that takes one tensor and nothing else."""

    def call(input: Tensor, **other: Any) -> Tensor:
        if other:
            return with_out(call, other, input)
        require_tensor(input, name)
        return apply(op, (), input)

    return Row(name, named(call, name), inplace=inplace, functional=functional)


def binary(name: str, op: Op, *, inplace: bool = True, require: Callable[..., None] | None = None) -> Row:
    """The row of an operator that takes two tensors, or a tensor and a number; `require` says which of them."""

    def call(input: Any, other: Any, **more: Any) -> Tensor:
        if more:
            return with_out(call, more, input, other)
        if require is not None:
            require(name, input, other)
        return apply(op, (), input, other)

    return Row(name, named(call, name), inplace=inplace)


def of_tensors(name: str, op: Op, *, second: str = "other", inplace: bool = False) -> Row:
    """The row of an operator that takes two tensors and no numbers; `second` is how users call the second."""

    def call(input: Tensor, other: Any = None, **more: Any) -> Tensor:
        if more:
            other = more.pop(second, other)
            if more:
                return with_out(call, more, input, other)
        require_tensor(input, name)
        require_tensor(other, name, second, 2)
        return apply(op, (), input, other)

    return Row(name, named(call, name), inplace=inplace)


def tensor_first(name: str, *given: Any) -> None:
    """Refuse a number in the first place.

    Raises:
        TypeError: PyTorch's text.
    """
    if not isinstance(given[0], Tensor):
        raise _no_combination(name, given, "a Tensor first")


def some_tensor(name: str, *given: Any) -> None:
    """Refuse numbers alone.

    Raises:
        TypeError: PyTorch's text.
    """
    if not any(isinstance(x, Tensor) for x in given):
        raise _no_combination(name, given, "a Tensor among them")


def _no_combination(name: str, given: Any, wanted: str) -> TypeError:
    kinds = ", ".join(type_name(x) for x in given if x is not None)
    return TypeError(f"{name}() received an invalid combination of arguments - got ({kinds}), but expected {wanted}")


def require_tensor(x: Any, name: str, argument: str = "input", position: int = 1) -> None:
    """Refuse what is no tensor.

    Raises:
        TypeError: PyTorch's text.
    """
    if not isinstance(x, Tensor):
        raise TypeError(NOT_A_TENSOR.format(name, argument, position, type_name(x)))


def named(call: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The function under the name that users know."""
    call.__name__ = call.__qualname__ = name
    return call


def at_home(path: str, namespace: dict[str, Any]) -> None:
    """Let a module's operators say that they are from there, as far as `pickle` would find them nowhere else.

    Args:
        path: The module's name.
        namespace: Its dictionary.
    """
    for name, call in namespace.items():
        if isinstance(call, FunctionType) and call.__module__.startswith((_PRIVATE, path)) and not _is_found(call):
            call.__module__, call.__qualname__ = path, name


_PRIVATE = "funcgrad.torch._"


def _is_found(call: FunctionType) -> bool:
    return getattr(sys.modules.get(call.__module__), call.__qualname__, None) is call


def with_out(call: Callable[..., Any], other: dict[str, Any], *args: Any, **keywords: Any) -> Any:
    """Call again and fill `out=`: what most calls do not ask for.

    Args:
        call: The function.
        other: The keywords that it does not know itself.
        args: Its positional arguments.
        keywords: Its keywords.

    Raises:
        RuntimeError: `out` cannot take the result.
        TypeError: There is another keyword.
    """
    out = other.pop("out", None)
    for name in other:
        raise TypeError(f"{call.__name__}() got an unexpected keyword argument '{name}'")
    if out is None:
        return call(*args, **keywords)
    if call.__name__ in BY_OUT and isinstance(out, Tensor) and keywords.get("dtype") is None:
        keywords["dtype"] = out.dtype
    return put(call(*args, **keywords), out, (*args, *keywords.values()), call.__name__)


def factory(name: str, create: Callable[..., Tensor]) -> Row:
    """The row of a function that creates a tensor, which may become the value of another: `out=`."""

    @functools.wraps(create)
    def call(*args: Any, out: Tensor | None = None, **keywords: Any) -> Tensor:
        keywords.pop("layout", None)
        keywords.pop("pin_memory", None)
        if out is None:
            return create(*args, **keywords)
        if keywords.setdefault("dtype", out.dtype) not in (None, out.dtype):
            raise RuntimeError(OUT_OF_OTHER_DTYPE.format(as_dtype(keywords["dtype"]).scalar, out.dtype.scalar))
        return put_created(create(*args, **keywords | {"device": out.device}), out, name)

    return Row(name, call, method=False)


def in_place(row: Row) -> Callable[..., Tensor]:
    """The in-place method of a row."""
    call = row.call

    @functools.wraps(call)
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        check_writable(self, *args, *kwargs.values())
        try:
            result = call(self, *args, **kwargs)
        except NotImplementedError:
            _check_type(self, args)
            raise
        return assign(self, result)

    return named(method, f"{row.name}_")


def _check_type(self: Tensor, others: tuple[Any, ...]) -> None:
    """Refuse operands whose common dtype the tensor cannot take on: PyTorch looks at that before it computes."""
    if all(isinstance(x, (Tensor, *NUMBERS)) for x in others):
        check_cast(type_of((self, *others)), self._aval.dtype)


def install(rows: Iterable[Row], namespace: dict[str, Any]) -> None:
    """Give `torch` its functions and `Tensor` its methods.

    Raises:
        ValueError: Two rows have one name.
    """
    seen: set[tuple[str, bool]] = set()
    for row in rows:
        for name, call, is_method in _names(row):
            if (name, is_method) in seen:
                raise ValueError(f"the operator table has two rows for '{name}'; keep one")
            seen.add((name, is_method))
            if is_method:
                setattr(Tensor, name, call)
            else:
                namespace[name] = call


def _names(row: Row) -> list[tuple[str, Any, bool]]:
    names: list[tuple[str, Any, bool]] = []
    if row.function:
        names.append((row.name, row.call, False))
    if row.method:
        names.append((row.name, property(row.call, row.assign) if row.attribute else row.call, True))
    if row.inplace:
        names.append((f"{row.name}_", in_place(row), True))
    return names
