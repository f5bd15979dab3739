"""torch.nn.utils.parametrize: a module's tensor computed from others, anew at each look.

A parametrized module gets a class of its own, whose property computes the tensor; what it is computed from lies in
`module.parametrizations`.
"""

from __future__ import annotations

import copy
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.nn._containers import ModuleDict, ModuleList
from funcgrad.torch.nn._module import Module
from funcgrad.torch.nn.parameter import Parameter

MAY_NOT_CHANGE = (
    "Registering a parametrization may not change the {what} of the tensor, unless {the}`unsafe` flag is enabled."
)
ONLY_STATE_DICT = (
    "Serialization of parametrized modules is only supported through state_dict(). Save module.state_dict() and load "
    "it into a module with the same parametrizations."
)


class _Cache:
    """Tensors computed within `cached()` blocks, by module and name; None outside of them."""

    depth = 0
    found: dict[tuple[int, str], Tensor] | None = None


@contextmanager
def cached() -> Generator[None]:
    """Compute each parametrized tensor once within the block."""
    _Cache.depth += 1
    _Cache.found = {} if _Cache.found is None else _Cache.found
    try:
        yield
    finally:
        _Cache.depth -= 1
        if not _Cache.depth:
            _Cache.found = None


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, applied in order, and the tensors that they start from.

    Args:
        modules: The parametrizations; the first takes the original tensors.
        original: The tensor to be computed from now on.
        unsafe: Whether shape and dtype may change.

    Raises:
        ValueError: A `right_inverse` that does not fit.
    """

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if not modules:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        start = _inverted(modules, original)
        self.is_tensor = isinstance(start, Tensor)
        self.ntensors = 1 if self.is_tensor else len(start)
        if self.is_tensor:
            _check_original(original, start)
            _set(original, start)
            _register(self, "original", original)
        else:
            self._register_several(start, original)
        if not unsafe:
            _check_same(self(), shape, dtype)

    def _register_several(self, start: Sequence[Any], original: Tensor) -> None:
        for i, given in enumerate(start):
            if not isinstance(given, Tensor):
                raise ValueError(
                    "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                    f"Got element {i} of the sequence with type {type(given).__name__}."
                )
            made = Parameter(given, original.requires_grad) if isinstance(original, Parameter) else given
            _register(self, f"original{i}", made)

    def right_inverse(self, value: Any) -> None:
        """Set the original tensors so that `value` is what is computed from them."""
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
                value = module.right_inverse(value)
            originals = [self.original] if self.is_tensor else self._originals()
            for own, new in zip(originals, [value] if self.is_tensor else value, strict=True):
                _set(own, new)

    def _originals(self) -> list[Any]:
        return [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def forward(self) -> Any:
        """The tensor that is computed from the originals."""
        first, *rest = self
        x = first(self.original) if self.is_tensor else first(*self._originals())
        for module in rest:
            x = module(x)
        return x


def _inverted(modules: Sequence[Module], original: Tensor) -> Any:
    """What the parametrizations must start from to give `original`; those without an inverse start from it."""
    start: Any = original
    with no_grad():
        for module in reversed(list(modules)):
            if hasattr(module, "right_inverse"):
                try:
                    start = module.right_inverse(start)
                except NotImplementedError:
                    continue
    if not isinstance(start, Tensor | Sequence):
        raise ValueError(
            "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
            f"Got {type(start).__name__}"
        )
    return start


def _check_original(original: Tensor, start: Tensor) -> None:
    if start.dtype is not original.dtype:
        raise ValueError(
            "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
            f"original.dtype: {original.dtype}\nright_inverse(original).dtype: {start.dtype}"
        )


def _check_tensor(x: Any) -> None:
    if not isinstance(x, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {type(x).__name__}.")


def _check_same(x: Any, shape: Any, dtype: Any) -> None:
    _check_tensor(x)
    for what, before, after in (("dtype", dtype, x.dtype), ("shape", shape, x.shape)):
        if before != after:
            raise ValueError(
                f"{MAY_NOT_CHANGE.format(what=what, the='')}\nunparametrized {what}: {before}\n"
                f"parametrized {what}: {after}"
            )


def _check_further(module: Module, name: str, parametrization: Module) -> None:
    """Refuse a further parametrization that changes what the earlier ones give."""
    before = getattr(module, name)
    after = parametrization(before)
    _check_tensor(after)
    for what in ("dtype", "shape"):
        own, new = getattr(before, what), getattr(after, what)
        if own != new:
            raise ValueError(
                f"{MAY_NOT_CHANGE.format(what=what, the='the ')}\nmodule.{name}.{what}: {own}\n"
                f"parametrization(module.{name}).{what}: {new}"
            )


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Compute a parameter or buffer of a module from another tensor.

    Args:
        module: The owner.
        tensor_name: The parameter's or buffer's name.
        parametrization: Called with the original tensor; its `right_inverse`, if it has one, gives that at first.
        unsafe: Whether shape and dtype may change.

    Returns:
        The module.

    Raises:
        ValueError: No such tensor, or a parametrization that does not fit.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_further(module, tensor_name, parametrization)
        listed = _lists(module)[tensor_name]
        listed.append(parametrization)
        listed.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        listed = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe=unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            _give_class(module)
            module.parametrizations = ModuleDict()
        _give_property(module, tensor_name)
        _lists(module)[tensor_name] = listed
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name "
            f"'{tensor_name}'"
        )
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a tensor of the module, or any if no name is given, is computed from others."""
    lists = getattr(module, "parametrizations", None)
    if not isinstance(lists, ModuleDict):
        return False
    return len(lists) > 0 if tensor_name is None else tensor_name in lists


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Make a tensor an ordinary parameter or buffer again.

    Args:
        module: The owner.
        tensor_name: The tensor's name.
        leave_parametrized: Keep the computed value, not the original one.

    Raises:
        ValueError: The tensor is not parametrized, or its original value consists of several tensors.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    listed = _lists(module)[tensor_name]
    if listed.is_tensor:
        original = listed.original
        if leave_parametrized:
            _set(original, getattr(module, tensor_name))
    elif leave_parametrized:
        value = getattr(module, tensor_name)
        original = Parameter(value) if value.requires_grad else value
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a "
            "sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del _lists(module)[tensor_name]
    _register(module, tensor_name, original)
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = type_before_parametrizations(module)
    return module


def type_before_parametrizations(module: Module) -> type:
    """The module's class as its author knows it."""
    return type(module).__bases__[0] if issubclass(type(module), _Parametrized) else type(module)


def _lists(module: Module) -> Any:
    return module.parametrizations


def _set(own: Any, value: Any) -> None:
    """Give a tensor another value, whatever its shape, and leave it the tensor that optimizers know."""
    own.data = value.detach()


def _register(module: Module, name: str, tensor: Tensor) -> None:
    (module.register_parameter if isinstance(tensor, Parameter) else module.register_buffer)(name, tensor)  # pyright: ignore[reportArgumentType]


class _Parametrized:
    """What the class of a parametrized module adds."""

    def __getstate__(self) -> NoReturn:
        raise RuntimeError(ONLY_STATE_DICT)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        copied = memo[id(self)] = type(self).__new__(type(self))
        copied.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return copied


def _give_class(module: Module) -> None:
    """A class of the module's own; its copies keep it."""
    own = type(module)
    module.__class__ = type(f"Parametrized{own.__name__}", (own, _Parametrized), {})


def _give_property(module: Module, name: str) -> None:
    def compute(self: Module) -> Any:
        if _Cache.found is None:
            return _lists(self)[name]()
        key = (id(self), name)
        if key not in _Cache.found:
            _Cache.found[key] = _lists(self)[name]()
        return _Cache.found[key]

    def invert(self: Module, value: Any) -> None:
        _lists(self)[name].right_inverse(value)

    setattr(type(module), name, property(compute, invert))


__getattr__ = _missing_from(__name__)
