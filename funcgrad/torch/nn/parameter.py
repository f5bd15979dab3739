"""torch.nn.parameter: tensors that belong to a module."""

from __future__ import annotations

from typing import Any

from funcgrad.torch._attributes import whole
from funcgrad.torch._dispatch import alias, value_of
from funcgrad.torch._graph import LEAF
from funcgrad.torch._ops.creation import empty
from funcgrad.torch._order import arrange_like
from funcgrad.torch._overriding import disabled, overrides
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch._texts import ONLY_FLOATS_REQUIRE_GRAD
from funcgrad.trace import is_differentiable

_NO_SHAPE = (
    "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in `load_state_dict` "
    "when trying to load an uninitialized parameter into an initialized one. Call `forward` to initialize the "
    "parameters before accessing their attributes."
)


class _ParameterMeta(type):
    """Also a tensor of another class that `Parameter` was given is one."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return type.__instancecheck__(cls, instance) or (
            cls is Parameter and "_is_param" in getattr(instance, "__dict__", ())
        )


class Parameter(Tensor, metaclass=_ParameterMeta):
    """A leaf that a module registers when it is assigned as an attribute.

    Args:
        data: The tensor whose memory it shares.
        requires_grad: Whether it collects a gradient.

    Raises:
        RuntimeError: An integer tensor that requires grad.
    """

    __torch_function__ = disabled
    _is_parameter = True  # what prints a tensor asks, as a class of one's own is named within `Parameter(...)`

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Parameter:
        """A leaf on the memory of `data`; of the class of `data`, if that is one of the user's."""
        source = empty(0) if data is None else data
        made: Any = object.__new__(cls)
        if cls is Parameter and type(source) is not Tensor and overrides(type(source)):
            made = object.__new__(type(source))
            made.__dict__.update({name: x for name, x in source.__dict__.items() if name[0] != "_"}, _is_param=True)
        made._storage, made._base, made._chain = source._storage, source._base, source._chain
        made._value, made._seen, made._turned = source._value, source._seen, source._turned
        if requires_grad:
            if not is_differentiable(source._aval):
                raise RuntimeError(ONLY_FLOATS_REQUIRE_GRAD)
            made._edge = LEAF
        return made

    def __repr__(self) -> str:
        return f"Parameter containing:\n{Tensor.__repr__(self)}"

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        if id(self) not in memo:
            memo[id(self)] = type(self)(arrange_like(wrap(value_of(self)), self), self.requires_grad)
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (alias(self), self.requires_grad), self.__dict__.copy()


class Buffer(Tensor):
    """A tensor that a module registers as a buffer when it is assigned as an attribute."""

    __torch_function__ = disabled
    persistent: bool

    def __new__(cls, data: Tensor, *, persistent: bool = True) -> Buffer:
        """A buffer on the memory of `data`."""
        made = object.__new__(cls)
        whole(made).update(whole(data))
        made.persistent = persistent
        return made

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (alias(self),), {"persistent": self.persistent}


class UninitializedTensorMixin(Tensor):
    """A tensor whose shape is not known yet."""

    @property
    def shape(self) -> Any:
        """Refused."""
        raise RuntimeError(_NO_SHAPE)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A parameter whose shape is not known yet; it becomes a plain `Parameter` in its place."""

    def materialize(self, shape: tuple[int, ...]) -> None:
        """Give it memory of this shape."""
        self._storage = empty(*shape, dtype=self.dtype)._storage
        self.__class__ = Parameter  # pyright: ignore[reportAttributeAccessIssue] - it becomes another class


class UninitializedBuffer(UninitializedTensorMixin, Buffer):
    """A buffer whose shape is not known yet; it becomes a plain tensor in its place."""

    def materialize(self, shape: tuple[int, ...]) -> None:
        """Give it memory of this shape."""
        self._storage = empty(*shape, dtype=self.dtype)._storage
        self.__class__ = Tensor  # pyright: ignore[reportAttributeAccessIssue] - it becomes another class


def is_lazy(param: object) -> bool:
    """Whether a parameter or a buffer has no shape yet."""
    return isinstance(param, UninitializedTensorMixin)
