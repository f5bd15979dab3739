"""A tensor's gradient methods: backward, hooks, retained gradients, leaving the graph, copying."""

from __future__ import annotations

import copy
import weakref
from typing import Any

import numpy as np

from funcgrad.torch._attributes import whole
from funcgrad.torch._dispatch import alias, edge_of, value_of
from funcgrad.torch._engine import backward as run_backward
from funcgrad.torch._graph import LEAF, Edge, shown
from funcgrad.torch._hooks import LeafHooks, OrderedDict, RemovableHandle, hooks_of
from funcgrad.torch._ops.conversion import host_array
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._order import arrange_like
from funcgrad.torch._overriding import of_class, overrides
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch._texts import (
    CHANGE_NON_LEAF,
    DEEPCOPY_NON_LEAF,
    DEEPCOPY_OF_SUBCLASS,
    DETACH_ADVICE,
    HOOK_WITHOUT_GRAD,
    INCOMPATIBLE_DATA,
    ONLY_FLOATS_REQUIRE_GRAD_METHOD,
    POST_HOOK_ON_NON_LEAF,
    RETAIN_WITHOUT_GRAD,
)
from funcgrad.trace import constant, is_differentiable


def backward(
    self: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add this tensor's gradients to the `.grad` of the leaves of its graph.

    Args:
        self: The tensor to start from.
        gradient: The gradient to start with; may be left out for a tensor of one element.
        retain_graph: Keep the graph for another backward pass.
        create_graph: Record the gradients' own graph, for higher derivatives.
        inputs: Accumulate only into these tensors.

    Raises:
        RuntimeError: PyTorch's text for a missing graph, a graph freed before, a shape that does not fit.
    """
    chosen = [inputs] if isinstance(inputs, Tensor) else inputs
    run_backward([self], [gradient], retain_graph, create_graph, chosen)


def requires_grad_(self: Tensor, requires_grad: bool = True) -> Tensor:
    """Change whether this leaf collects a gradient."""
    if requires_grad and not is_differentiable(self._aval):
        raise RuntimeError(ONLY_FLOATS_REQUIRE_GRAD_METHOD)
    if not self.is_leaf:
        if not requires_grad:
            raise RuntimeError(CHANGE_NON_LEAF + DETACH_ADVICE)
        return self
    self.requires_grad = requires_grad
    return self


def retain_grad(self: Tensor) -> None:
    """Keep the gradient of this non-leaf tensor in its `.grad`."""
    if not self.requires_grad:
        raise RuntimeError(RETAIN_WITHOUT_GRAD)
    edge = edge_of(self)
    if isinstance(edge, Edge) and not self._retains:
        self._retains = True
        hooks_of(edge.node).retains[edge.number] = weakref.ref(self)


def register_hook(self: Tensor, hook: Any) -> RemovableHandle:
    """Call `hook` with each fresh gradient of this tensor; what it returns replaces the gradient."""
    if not self.requires_grad:
        raise RuntimeError(HOOK_WITHOUT_GRAD)
    edge = edge_of(self)
    if isinstance(edge, Edge):
        return RemovableHandle(hooks_of(edge.node).before.setdefault(edge.number, OrderedDict()), hook)
    return RemovableHandle(_leaf_hooks(self).before, hook)


def register_post_accumulate_grad_hook(self: Tensor, hook: Any) -> RemovableHandle:
    """Call `hook` with this leaf after a gradient was added to its `.grad`."""
    if not self.is_leaf:
        raise RuntimeError(POST_HOOK_ON_NON_LEAF)
    if not self.requires_grad:
        raise RuntimeError(HOOK_WITHOUT_GRAD)
    return RemovableHandle(_leaf_hooks(self).after, hook)


def _leaf_hooks(x: Tensor) -> LeafHooks:
    if x._hooks is None:
        x._hooks = LeafHooks()
    return x._hooks


def module_load(self: Tensor, other: Tensor, assign: bool = False) -> Tensor:
    """What becomes of this tensor when a module loads `other`: what is swapped with it, see `torch.__future__`."""
    return (other if assign else self.copy_(other)).detach()


def detach_(self: Tensor) -> Tensor:
    """Take this tensor out of its graph: it becomes a leaf."""
    if self._base is not None:
        raise RuntimeError("Can't detach views in-place. Use detach() instead.")
    self._edge = None
    return self


def data(self: Tensor) -> Tensor:
    """The same memory outside the graph; autograd does not notice writes through it."""
    made = alias(self)
    made._writes = [0]
    return made


def set_data(self: Tensor, new: Tensor) -> None:
    """Make this tensor look at another's memory."""
    if not isinstance(new, Tensor):
        raise TypeError(f"Variable data has to be a tensor, but got {type(new).__name__}")
    if self.requires_grad and not is_differentiable(new._aval):
        raise RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype")
    if new.is_meta != self.is_meta:
        raise RuntimeError(INCOMPATIBLE_DATA)
    new = alias(new)
    self._storage, self._base, self._chain = new._storage, new._base, new._chain
    self._value, self._seen, self._turned = new._value, new._seen, new._turned


def grad_fn(self: Tensor) -> Any:
    """The node of the graph that made this tensor, or None."""
    edge = edge_of(self)
    return shown(edge.node) if isinstance(edge, Edge) else None


def shallow_copy(self: Tensor) -> Tensor:
    """Another tensor on the same storage, without the gradient."""
    made = of_class(alias(self), type(self))
    whole(made).update(self.__dict__)
    made._edge = self._edge
    return made


def deepcopy(self: Tensor, memo: dict[int, Any]) -> Tensor:
    """A copy of a leaf on a new storage, its gradient copied too."""
    if not self.is_leaf:
        raise RuntimeError(DEEPCOPY_NON_LEAF)
    if id(self) in memo:
        return memo[id(self)]
    if overrides(type(self)) and type(self.new_empty([])) is not type(self):
        raise RuntimeError(DEEPCOPY_OF_SUBCLASS)
    made = of_class(arrange_like(wrap(value_of(self), LEAF if self.requires_grad else None), self), type(self))
    memo[id(self)] = made
    whole(made).update(copy.deepcopy(self.__dict__.copy(), memo))
    if self._grad is not None:
        made._grad = wrap(value_of(self._grad))
    return made


def reduce(self: Tensor, protocol: Any) -> Any:
    """How `pickle` writes a tensor: its values, and whether it requires grad; the graph stays behind."""
    data = host_array(self, "pickle") if type(self) is Tensor else Contents(alias(self))
    return _unpickled, (data, self.requires_grad, type(self)), self.__dict__.copy()


class Contents:
    """What a tensor of a class of one's own holds: pickled it is a plain tensor, which processes share.

    Args:
        tensor: That plain tensor.
    """

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor

    def __reduce__(self) -> Any:
        return reduce(self.tensor, None)


def _unpickled(data: np.ndarray | Tensor, requires_grad: bool, kind: type[Tensor] = Tensor) -> Tensor:
    made = data if isinstance(data, Tensor) else wrap(constant(data))
    if requires_grad:
        made._edge = LEAF
    return of_class(made, kind)


def install_properties() -> None:
    """Give `Tensor` the properties whose work is done here."""
    Tensor.data = property(data, set_data)  # pyright: ignore[reportAttributeAccessIssue]
    Tensor.grad_fn = property(grad_fn)  # pyright: ignore[reportAttributeAccessIssue]


ROWS = (
    *(
        Row(call.__name__, call, function=False)
        for call in (
            backward,
            requires_grad_,
            retain_grad,
            register_hook,
            register_post_accumulate_grad_hook,
            detach_,
            module_load,
        )
    ),
    Row("__copy__", shallow_copy, function=False),
    Row("__deepcopy__", deepcopy, function=False),
    Row("__reduce_ex__", reduce, function=False),
)
