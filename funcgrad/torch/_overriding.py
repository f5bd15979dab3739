"""Overriding: what a class with a `__torch_function__` makes of PyTorch's functions and methods.

Nothing is looked for until `Tensor` gets its first subclass: then every public function, method and attribute is
replaced by one that asks its arguments' classes first, wherever it was imported before.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Iterable, Iterator
from types import FunctionType, MethodType, ModuleType
from typing import Any

from funcgrad.torch._attributes import whole
from funcgrad.torch._dispatch import alias, view
from funcgrad.torch._graph import LEAF
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import (
    MULTIPLE_DISPATCH_FAILED,
    NO_IMPLEMENTATION,
    NOT_A_TENSOR_CLASS,
    ONLY_FLOATS_REQUIRE_GRAD,
)
from funcgrad.torch._views import ViewOp
from funcgrad.trace import is_differentiable

COMPARED = "is_compared"
"""Marks a function that `_arguments.py` has wrapped."""
UNTOUCHED = frozenset(
    {
        *("arange", "as_strided", "as_tensor", "asarray", "bartlett_window", "blackman_window", "broadcast_shapes"),
        *("can_cast", "empty", "empty_permuted", "empty_strided", "eye", "fftfreq", "frombuffer", "from_numpy"),
        *("full", "hamming_window", "hann_window", "is_tensor", "kaiser_window", "linspace", "logspace", "normal"),
        *("ones", "promote_types", "rand", "randint", "randn", "randperm", "range", "result_type", "rfftfreq"),
        *("scalar_tensor", "tensor", "tril_indices", "triu_indices", "typename", "vander", "zeros"),
    }
)
"""Functions that PyTorch does not let a class override: most of them take no tensor."""
UNTOUCHED_METHODS = frozenset(
    {"__dict__", "__dir__", "__hash__", "__init__", "__iter__", "__new__", "as_subclass", "grad_dtype"}
)
CALLED = {
    **{
        f"__{name}__": name
        for name in ("add", "sub", "mul", "matmul", "neg", "abs", "pow", "ne", "lt", "le", "gt", "ge")
    },
    "__radd__": "add",
    "__rmul__": "mul",
    "__truediv__": "div",
    "__mod__": "remainder",
    "__pos__": "positive",
    **{f"__r{name}__": f"bitwise_{name}" for name in ("and", "or", "xor")},
    **{f"__i{name}__": f"{name}_" for name in ("add", "sub", "mul", "pow")},
    "__itruediv__": "div_",
    "__ifloordiv__": "floor_divide_",
    "__imod__": "remainder_",
    "__rtruediv__": "__rdiv__",
}
"""What PyTorch calls an operator of Python's, where not by its own name."""
PREFIXES = {"funcgrad.torch.linalg": "linalg_", "funcgrad.torch.fft": "fft_", "funcgrad.torch.special": "special_"}
_PLAIN = frozenset({Tensor, bool, int, float, complex, str, type(None), type(Ellipsis), slice})
_ALIAS = ViewOp("alias", lambda x: x, inverse=lambda base, new: new)


class _Mode(threading.local):
    is_off = False  # within `DisableTorchFunctionSubclass`


_mode = _Mode()


class DisableTorchFunctionSubclass:
    """A block in which no class overrides functions."""

    def __enter__(self) -> None:
        self._before, _mode.is_off = _mode.is_off, True

    def __exit__(self, *exception: object) -> None:
        _mode.is_off = self._before


def disabled(func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """The `__torch_function__` of a class that overrides nothing, and whose results are plain tensors."""
    with DisableTorchFunctionSubclass():
        return func(*args, **(kwargs or {}))


def default(cls: type[Tensor], func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """The `__torch_function__` of `Tensor`: what a function gives for a subclass is of the subclass."""
    if not all(issubclass(cls, kind) for kind in types):
        return NotImplemented
    result = disabled(func, types, args, kwargs)
    return result if cls is Tensor or func in not_converted() else _converted(result, cls)


def not_converted() -> set[Any]:
    """The functions whose results stay plain tensors."""
    return {vars(Tensor)["grad"].__get__}


def _converted(result: Any, cls: type[Tensor]) -> Any:
    if isinstance(result, Tensor):
        return result if isinstance(result, cls) else as_subclass(result, cls)
    if isinstance(result, tuple | list):
        return type(result)([_converted(x, cls) for x in result])
    return result


def overriding(args: Iterable[Any]) -> list[Any]:
    """The first of each class among the arguments that overrides functions, subclasses before their superclasses."""
    found: list[Any] = []
    if _mode.is_off:
        return found
    for x in _flat(args):
        kind = type(x)
        if kind not in _PLAIN and overrides(kind) and all(kind is not type(y) for y in found):
            place = next((i for i, y in enumerate(found) if issubclass(kind, type(y))), len(found))
            found.insert(place, x)
    return found


def _flat(args: Iterable[Any]) -> Iterator[Any]:
    for x in args:
        if type(x) is list or type(x) is tuple:
            yield from x
        else:
            yield x


def overrides(kind: type) -> bool:
    """Whether a class says itself what functions do with its objects."""
    return kind is not Tensor and getattr(kind, "__torch_function__", disabled) is not disabled


def is_ours(kind: type) -> bool:
    """Whether a class of tensors is one of PyTorch's own, which all print as `tensor`."""
    return kind.__module__.partition(".")[0] in ("funcgrad", "torch")  # as the launcher names them


def ask(func: Any, found: list[Any], args: tuple[Any, ...], kwargs: Any) -> Any:
    """What the first class that knows an answer makes of a call; NotImplemented if none does."""
    types = tuple(type(x) for x in found)
    for x in found:
        result = x.__torch_function__(func, types, args, kwargs or None)
        if result is not NotImplemented:
            return result
    return NotImplemented


class Overridable:
    """A public function, or a method, that asks its arguments' classes first.

    Args:
        call: What it does for plain tensors.
        name: Its `__name__`.
        module: Where it is public.
        owner: `Tensor.` for a method.
    """

    def __init__(self, call: FunctionType, name: str, module: str, owner: str = "") -> None:
        functools.update_wrapper(self, call)
        self.call, self.path = call, f"{owner}{name}"
        self.__name__, self.__module__ = PREFIXES.get(module, "") + name, module
        self.__qualname__ = owner + self.__name__
        self.shown: Any = self  # what a class is told; another name for some operators of Python's

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        found = overriding((*args, *kwargs.values()) if kwargs else args)
        if not found:
            return self.call(*args, **kwargs)
        result = ask(self.shown, found, args, kwargs)
        if result is NotImplemented and not self.path.startswith("Tensor.__"):
            raise TypeError(unanswered(self, found))
        return result

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    # A table of functions made before is found too, since it holds what is called here.

    def __eq__(self, other: Any) -> bool:
        return other is self or other is self.call

    def __hash__(self) -> int:
        return hash(self.call)

    def __reduce__(self) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self.path

    def __repr__(self) -> str:
        return f"<function {self.__name__}>"


class OverridableAttribute(property):
    """An attribute of a tensor that asks the tensor's class first.

    Args:
        known: What it is for plain tensors.
        name: The attribute's.
    """

    def __init__(self, known: property, name: str) -> None:
        super().__init__(known.fget, known.fset, known.fdel, known.__doc__)
        self.__module__, self.__qualname__ = "funcgrad.torch", f"Tensor.{name}.__get__"  # as errors show it

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if type(instance) is Tensor or not (found := overriding((instance,))):
            return super().__get__(instance, owner)
        result = ask(self.__get__, found, (instance,), None)
        if result is NotImplemented:
            raise TypeError(unanswered(self, found))
        return result

    def __set__(self, instance: Any, value: Any) -> None:
        found = () if type(instance) is Tensor else overriding((instance,))
        if found:
            ask(self.__set__, found, (instance, value), None)
        else:
            super().__set__(instance, value)


def unanswered(func: Any, found: list[Any]) -> str:
    """The text for a call of which every class said NotImplemented."""
    path = f"{func.__module__.removeprefix('funcgrad.')}.{func.__qualname__}"
    types = [type(x) for x in found]
    if func.__module__.endswith(".functional"):
        return NO_IMPLEMENTATION.format(path, types)
    return MULTIPLE_DISPATCH_FAILED.format(path, "".join(f"  - tensor subclass {kind}\n" for kind in types))


def as_subclass(input: Tensor, cls: Any) -> Any:
    """The same memory, at the same place in the graph, as a tensor of a subclass.

    Raises:
        TypeError: Not a class of tensors.
    """
    _check_class(cls)
    return of_class(view(_ALIAS, (), input), cls)


def make_subclass(cls: Any, data: Tensor, require_grad: bool = False) -> Any:
    """`Tensor._make_subclass`: the same memory outside the graph as a leaf of a subclass.

    Raises:
        TypeError: Not a class of tensors, or no tensor.
        RuntimeError: An integer tensor that requires grad.
    """
    _check_class(cls)
    if not isinstance(data, Tensor):
        given = type(data).__name__
        raise TypeError(f"_make_subclass(): argument 'data' (position 2) must be Tensor, not {given}")
    made = of_class(alias(data), cls)
    if require_grad:
        if not is_differentiable(data._aval):
            raise RuntimeError(ONLY_FLOATS_REQUIRE_GRAD)
        made._edge = LEAF
    return made


def _check_class(cls: Any) -> None:
    if not isinstance(cls, type):
        raise TypeError(f"cls must be a type (got {type(cls).__name__})")
    if not issubclass(cls, Tensor):
        raise TypeError(NOT_A_TENSOR_CLASS)


def of_class(made: Tensor, cls: type[Tensor]) -> Any:
    """A new tensor that nobody else has, as one of a subclass."""
    if cls is Tensor:
        return made
    other = object.__new__(cls)
    whole(other).update(whole(made))
    return other


_public: dict[str, ModuleType] = {}  # by their own names: `torch` calls itself "torch" while a script runs


def install(*modules: str) -> None:
    """Let classes override the functions of these modules from `Tensor`'s first subclass on."""
    _public.update({name: sys.modules[name] for name in modules})
    Tensor.__torch_function__ = classmethod(default)  # pyright: ignore[reportAttributeAccessIssue]
    Tensor._make_subclass = staticmethod(make_subclass)  # pyright: ignore[reportAttributeAccessIssue]
    Tensor.as_subclass = as_subclass  # pyright: ignore[reportAttributeAccessIssue]
    Tensor.__init_subclass__ = classmethod(_look_at)  # pyright: ignore[reportAttributeAccessIssue]


def _look_at(cls: type[Tensor], **keywords: Any) -> None:
    super(Tensor, cls).__init_subclass__(**keywords)
    if overrides(cls):
        switch_on()


@functools.cache
def switch_on() -> None:
    """Put what asks its arguments' classes in the place of every public function, method and attribute."""
    made: dict[int, Overridable] = {}
    for path, module in _public.items():
        for name, call in vars(module).items():
            if type(call) is FunctionType and _is_overridable(path, name, call):
                made.setdefault(id(call), Overridable(call, name, path))
    for overridable in list(made.values()):
        if COMPARED in vars(overridable.call):  # modules have it as it was before
            plain = vars(overridable.call)["__wrapped__"]
            if id(plain) not in made:
                made[id(plain)] = Overridable(plain, overridable.path, overridable.__module__)
                made[id(plain)].shown = overridable
    for module in list(sys.modules.values()):
        if _is_user(module):
            _replace(vars(module), made)
    _override_methods()


def _is_overridable(path: str, name: str, call: FunctionType) -> bool:
    home = "funcgrad.torch._ops" if path == "funcgrad.torch" else "funcgrad.torch"
    is_operator = call.__module__.startswith(home) or call.__module__ == path
    return name[0] != "_" and name not in UNTOUCHED and is_operator


def _is_user(module: Any) -> bool:
    """Whether a module calls functions as users see them: not funcgrad's own, which mean what they import."""
    name = getattr(module, "__name__", None) or ""
    return isinstance(module, ModuleType) and (
        module in _public.values() or not name.startswith("funcgrad.") or name.startswith("funcgrad.torch.nn.")
    )


def _replace(namespace: dict[str, Any], made: dict[int, Overridable]) -> None:
    for name, call in list(namespace.items()):
        if type(call) is FunctionType and id(call) in made:
            namespace[name] = made[id(call)]
        elif issubclass(type(call), type) and call.__module__ == namespace["__name__"]:  # no `__class__` is asked
            for own, static in list(vars(call).items()):
                if type(static) is staticmethod and id(static.__func__) in made:
                    setattr(call, own, staticmethod(made[id(static.__func__)]))


def _override_methods() -> None:
    for name, value in list(vars(Tensor).items()):
        if name in UNTOUCHED_METHODS or (name[0] == "_" and name[:2] != "__") or "subclass" in name:
            continue
        if type(value) is FunctionType:
            setattr(Tensor, name, Overridable(value, name, "funcgrad.torch", "Tensor."))
        elif type(value) is property:
            setattr(Tensor, name, OverridableAttribute(value, name))
    for name, known in CALLED.items():
        vars(Tensor)[name].shown = vars(Tensor)[known]
