"""Resizing, and methods that Python code still calls on dense tensors on a CPU."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.errors import warn
from funcgrad.torch._dispatch import alias, apply, value_of
from funcgrad.torch._in_place import check_writable
from funcgrad.torch._layout import is_contiguous, offset_of, own_strides
from funcgrad.torch._ops.conversion import host_array
from funcgrad.torch._ops.copying import to_dtype
from funcgrad.torch._ops.creation import empty
from funcgrad.torch._ops.dims import sizes
from funcgrad.torch._ops.inplace import copy_
from funcgrad.torch._ops.pieces import as_strided, narrow
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._ops.shape import reshape
from funcgrad.torch._ops.storages import viewed
from funcgrad.torch._processes import share_with_processes
from funcgrad.torch._storage import Storage
from funcgrad.torch._tensor import C_NAMES, Tensor, root_of, wrap
from funcgrad.trace import Op, constant


def _resized(x: Any, *, shape: tuple[int, ...]) -> Any:
    flat, count = x.reshape(-1), math.prod(shape)
    return jnp.resize(jnp.pad(flat, (0, max(0, count - flat.size)))[:count], shape)


RESIZE = Op("resize", _resized, saves={0: ()}, label="Resize")


def resize_(self: Tensor, *sides: Any, size: Any = (), memory_format: Any = None) -> Tensor:
    """Give this tensor another shape, in place, on the elements of its memory from its first one on.

    A larger tensor than its memory moves to a memory of its own, where new elements are zero.

    Raises:
        RuntimeError: The tensor requires grad.
    """
    if self.requires_grad:
        raise RuntimeError("cannot resize variables that require grad")
    shape = sizes(sides or (size,))
    if shape == self._aval.shape:
        return self
    self._storage.write(self._storage.value)  # PyTorch counts it
    if is_contiguous(base := alias(self if self._base is None else root_of(self))):
        start, count = offset_of(self), math.prod(shape)
        memory = reshape(base, -1)
        if base.dtype is not self.dtype:
            memory = memory.view(self.dtype)  # pyright: ignore[reportAttributeAccessIssue]
        if start + count <= memory._aval.size:
            return _become(self, reshape(narrow(memory, 0, start, count), shape))
    made = apply(RESIZE, (shape,), alias(self))
    self._storage, self._base, self._chain = Storage(value_of(made)), None, ()
    self._value = self._seen = None
    return self


def _become(x: Tensor, other: Tensor) -> Tensor:
    """Make a tensor the view that another one is."""
    for name in ("_storage", "_base", "_chain", "_value", "_seen", "_turned"):
        setattr(x, name, getattr(other, name))
    return x


def set_(self: Tensor, source: Any = None, storage_offset: int = 0, size: Any = None, stride: Any = None) -> Tensor:
    """Make this tensor look at other memory: that of a tensor, of a storage, or none.

    Raises:
        RuntimeError: The source has another dtype, or this tensor is a leaf that requires grad.
    """
    check_writable(self)
    if source is None:
        return _become(self, empty(0, dtype=self.dtype))
    if isinstance(source, Tensor) and source.dtype is not self.dtype:
        raise RuntimeError(
            f"Could not set tensor of type {C_NAMES[source.dtype.name]} to a tensor of type {C_NAMES[self.dtype.name]}"
        )
    other = alias(source) if isinstance(source, Tensor) else viewed(source, self.dtype)
    if size is not None:
        steps = own_strides(empty(size)) if stride is None else stride
        other = as_strided(other, size, steps, storage_offset)
    return _become(self, other)


def resize_as_(self: Tensor, the_template: Tensor, *, memory_format: Any = None) -> Tensor:
    """Give this tensor the shape of another, in place."""
    return resize_(self, *the_template.shape)


def resize(self: Tensor, *size: Any) -> Tensor:
    """The elements in another shape: the deprecated form of `reshape`.

    Raises:
        RuntimeError: The number of elements differs.
    """
    warn("non-inplace resize is deprecated")
    shape = sizes(size)
    if math.prod(shape) != self._aval.size:
        raise RuntimeError(
            f"requested resize to {'x'.join(map(str, shape))} ({math.prod(shape)} elements in total), but the given "
            f"tensor has a size of {'x'.join(map(str, self.shape))} ({self._aval.size} elements). autograd's resize "
            "can only change the shape of a given tensor, while preserving the number of elements. "
        )
    return reshape(self, shape)


def resize_as(self: Tensor, tensor: Tensor) -> Tensor:
    """The elements in the shape of another tensor: the deprecated form of `reshape`."""
    return resize(self, *tensor.shape)


def _on_host(self: Tensor, function: Callable[..., Any], *others: Tensor) -> Tensor:
    if self.requires_grad:
        raise TypeError("can't call apply_() on a Variable that requires grad. Use var.detach().apply_() instead.")
    columns = [host_array(x, "apply").reshape(-1).tolist() for x in (self, *others)]
    values = [function(*items) for items in zip(*columns, strict=True)]
    return copy_(self, wrap(constant(np.array(values, self._aval.dtype).reshape(self._aval.shape))))


def apply_(self: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Replace each element by what a Python function gives for it, one at a time."""
    return _on_host(self, callable)


def map_(self: Tensor, tensor: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
    """Replace each element by what a Python function gives for it and its partner in another tensor."""
    return _on_host(self, callable, tensor)


def share_memory_(self: Tensor) -> Tensor:
    """Move the memory that this tensor looks at to where processes can share it.

    Raises:
        RuntimeError: The tensor has no data.
    """
    share_with_processes(self._storage)
    return self


def pin_memory(input: Tensor, device: Any = None) -> Tensor:
    """Refused, as on a machine without an accelerator.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError("Cannot access accelerator device when none is available.")


def to_dense(input: Tensor, dtype: Any = None, *, masked_grad: bool = True) -> Tensor:
    """The tensor itself, which is dense, perhaps in another dtype."""
    return input if dtype is None else to_dtype(input, dtype)


def values(input: Tensor) -> Tensor:
    """Refused: only sparse tensors have separate values.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError("values expected sparse tensor layout but got Strided")


def volatile(input: Tensor) -> bool:
    """False: replaced by `torch.no_grad()`."""
    warn("volatile was removed (Variable.volatile is always False)")
    return False


def reinforce(input: Tensor, reward: Any) -> None:
    """Refused: removed from PyTorch.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError(
        "reinforce() was removed.\nUse torch.distributions instead.\n"
        "See https://pytorch.org/docs/main/distributions.html\n\nInstead of:\n\nprobs = policy_network(state)\n"
        "action = probs.multinomial()\nnext_state, reward = env.step(action)\naction.reinforce(reward)\n"
        "action.backward()\n\nUse:\n\nprobs = policy_network(state)\n"
        "# NOTE: categorical is equivalent to what used to be called multinomial\n"
        "m = torch.distributions.Categorical(probs)\naction = m.sample()\nnext_state, reward = env.step(action)\n"
        "loss = -m.log_prob(action) * reward\nloss.backward()\n"
    )


def is_xpu(input: Tensor) -> bool:
    """Whether the tensor lives on an Intel GPU: never."""
    return False


ROWS = (
    *(
        Row(call.__name__, call, function=False)
        for call in (resize_, resize, resize_as, apply_, map_, share_memory_, pin_memory, to_dense, values, reinforce)
    ),
    Row("resize_as_", resize_as_),
    Row("set_", set_, function=False),
    Row("volatile", volatile, function=False, attribute=True),
    Row("is_xpu", is_xpu, function=False, attribute=True),
)
