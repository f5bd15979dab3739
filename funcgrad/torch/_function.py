"""Function: an operator whose derivative the user writes.

Its node calls the user's `backward`, or pulls back through the user's `jvp` where a forward derivative is computed;
what they compute is recorded like anything else, so it can be differentiated again.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from funcgrad.errors import warn
from funcgrad.torch._dispatch import alias, apply, edge_of
from funcgrad.torch._engine import gradients
from funcgrad.torch._grad_mode import enable_grad, no_grad, state
from funcgrad.torch._graph import LEAF, Edge, Node, modified_text, savers
from funcgrad.torch._ops.creation import FILLED
from funcgrad.torch._overriding import disabled
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import (
    BACKWARD_TWICE,
    FUNCTION_CALLED,
    FUNCTION_DIRTY_NOT_RETURNED,
    FUNCTION_GRADIENT_COUNT,
    FUNCTION_GRADIENT_SHAPE,
    FUNCTION_INSTANCE,
    FUNCTION_SAVES_TENSORS,
    FUNCTION_WITHOUT_BACKWARD,
    FUNCTION_WITHOUT_FORWARD,
    FUNCTION_WITHOUT_JVP,
    LEAF_CHANGED_BY_FUNCTION,
)
from funcgrad.torch._types import type_name
from funcgrad.trace import Aval, is_differentiable


class _Mode(threading.local):
    is_forward = False  # a pull is half of a forward derivative


_mode = _Mode()


@contextmanager
def forward_derivative() -> Iterator[None]:
    """A block in which Functions are pulled back through their `jvp`, where they have one."""
    before, _mode.is_forward = _mode.is_forward, True
    try:
        yield
    finally:
        _mode.is_forward = before


class Context:
    """What `forward` hands over to `backward`; users may put attributes of their own on it.

    Attributes:
        needs_input_grad: For each argument of `forward`, whether it needs a gradient.
    """

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self._saved: tuple[Tensor | None, ...] | None = ()
        self._packed: tuple[Any, ...] = ()
        self._saved_for_jvp: tuple[Tensor | None, ...] = ()
        self._is_in_jvp = False
        self._versions: tuple[int, ...] = ()
        self._dirty: tuple[Tensor, ...] = ()
        self._constant: tuple[Tensor, ...] = ()
        self._materializes = True

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for `backward`; None is kept too."""
        self._saved = tensors

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for `jvp`."""
        self._saved_for_jvp = tensors

    @property
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """What `save_for_backward` kept, or in `jvp` what `save_for_forward` kept.

        Raises:
            RuntimeError: The graph was freed, or a saved tensor was changed in place since.
        """
        if self._is_in_jvp:
            return self._saved_for_jvp
        if self._saved is None:
            raise RuntimeError(BACKWARD_TWICE)
        if self._packed:
            return tuple(None if x is None else x.tensor() for x in self._packed)
        for tensor, version in zip(self._saved, self._versions, strict=True):
            if tensor is not None and tensor._version != version:
                edge = edge_of(tensor)
                maker = (edge.node.label(), edge.number) if isinstance(edge, Edge) else None
                aval = tensor._aval
                raise RuntimeError(modified_text(aval.dtype, aval.shape, maker, tensor._version, version))
        return self._saved

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Say which arguments `forward` has changed in place; it must return them."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say which results carry no gradient."""
        self._constant = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether `backward` gets zeros, not None, for results that nobody used."""
        self._materializes = value

    def _finish(self, is_tracked: bool) -> None:
        """Note the versions of what was saved, or pack it, once `forward` is over."""
        if savers and is_tracked:
            packer: Any = savers[-1]
            self._packed = tuple(None if x is None else packer.packed(x) for x in self._saved or ())
            self._saved = ()
        try:
            self._versions = tuple(0 if x is None else x._version for x in self._saved or ())
        except AttributeError:
            if is_tracked:
                raise TypeError(_not_saved(self._saved)) from None


def _not_saved(given: Any) -> str:
    place, kind = next((k, type_name(x)) for k, x in enumerate(given) if not isinstance(x, Tensor | None))
    return FUNCTION_SAVES_TENSORS.format(place, kind)


class FunctionNode(Node):
    """The node of a `Function`."""

    __slots__ = ("arguments", "context", "function")

    def __init__(self, function: type[Function], context: Context, arguments: Sequence[Any], results: Any) -> None:
        edges = tuple(edge_of(x) if isinstance(x, Tensor) else None for x in arguments)
        super().__init__(edges, results)
        self.function = function
        self.context = context
        self.arguments: list[Aval | None] = [x._aval if isinstance(x, Tensor) else None for x in arguments]

    def label(self) -> str:
        """The name that PyTorch prints: without a number."""
        return f"{self.function.__name__}Backward"

    name = label

    def shown_type(self) -> type[Node]:
        """The type under the name that PyTorch prints."""
        return _shown_type(self.label())

    def __repr__(self) -> str:
        return f"<torch.autograd.function.{super().__repr__()[1:]}"

    def __getattr__(self, name: str) -> Any:
        """What is not the node's own is its context's: in PyTorch they are one object."""
        try:
            return getattr(object.__getattribute__(self, "context"), name)
        except AttributeError:
            raise AttributeError(f"'{self.label()}' object has no attribute '{name}'") from None

    def release(self) -> None:
        """Drop what was saved, if anything was."""
        if self.context._saved or self.context._packed:
            self.context._saved, self.context._packed = None, ()

    def pull(self, incoming: list[Tensor | None]) -> list[Tensor | None]:
        """The user's gradients, one for each argument."""
        if _mode.is_forward and self.function.jvp is not Function.jvp:
            return self._pull_through_jvp(incoming)
        if self.context._materializes:
            incoming = [_zeros(aval) if g is None else g for g, aval in zip(incoming, self.results, strict=True)]
        is_vjp = self.function.vjp is not Function.vjp
        made = (self.function.vjp if is_vjp else self.function.backward)(self.context, *incoming)
        made = list(made) if isinstance(made, tuple | list) else [made]
        expected = len(self.edges)
        if len(made) < expected or any(g is not None for g in made[expected:]):
            raise RuntimeError(FUNCTION_GRADIENT_COUNT.format(self.label(), expected, len(made)))
        return [None if edge is None else self._checked(i, made[i]) for i, edge in enumerate(self.edges)]

    def _pull_through_jvp(self, incoming: list[Tensor | None]) -> list[Tensor | None]:
        """The transpose of the user's `jvp`, which is linear in the tangents."""
        tangents = [None if aval is None else _start(aval) for aval in self.arguments]
        with enable_grad():
            self.context._is_in_jvp = True
            try:
                made = self.function.jvp(self.context, *tangents)
            finally:
                self.context._is_in_jvp = False
            outputs = made if isinstance(made, tuple) else (made,)
            pairs = [(x, g) for x, g in zip(outputs, incoming, strict=True) if g is not None and x.requires_grad]
            inputs = [tangents[i] for i, edge in enumerate(self.edges) if edge is not None]
            found = iter(_pulled(pairs, [x for x in inputs if x is not None]))
        return [None if edge is None else next(found) for edge in self.edges]

    def _checked(self, i: int, gradient: Any) -> Tensor | None:
        """A gradient in its argument's shape."""
        if gradient is None:
            return None
        if not isinstance(gradient, Tensor):
            raise RuntimeError(f"expected Variable or None (got {type(gradient).__name__})")
        want = self.arguments[i]
        assert want is not None
        if gradient._aval.shape == want.shape:
            return gradient
        reduced = _reduced(gradient, want.shape)
        if reduced is None:
            text = FUNCTION_GRADIENT_SHAPE.format(self.label(), i, list(gradient.shape), list(want.shape))
            raise RuntimeError(text)
        return reduced


@functools.cache
def _shown_type(name: str) -> type[FunctionNode]:
    return type(name, (FunctionNode,), {"__slots__": (), "__module__": "torch.autograd.function"})


class Tangent(Tensor):
    """A tangent that a `jvp` is differentiated by: zero, since it is linear. Nothing depends on it."""

    __torch_function__ = disabled


def _start(aval: Aval) -> Tensor:
    tangent = apply(FILLED, (aval.shape, aval.dtype, 0))
    tangent.__class__ = Tangent
    return tangent.requires_grad_() if is_differentiable(aval) else tangent


def _pulled(pairs: list[tuple[Tensor, Tensor]], inputs: list[Tensor]) -> Sequence[Tensor | None]:
    if not pairs:
        return [None] * len(inputs)
    outputs, seeds = zip(*pairs, strict=True)
    return gradients(outputs, inputs, seeds, create_graph=True, allow_unused=True)


def _zeros(aval: Aval | None) -> Tensor | None:
    return None if aval is None else apply(FILLED, (aval.shape, aval.dtype, 0))


def _reduced(gradient: Any, shape: tuple[int, ...]) -> Tensor | None:
    """The gradient summed over what broadcasting added to `shape`; None if it added nothing of the kind."""
    have = gradient._aval.shape
    extra = len(have) - len(shape)
    if extra < 0 or any(want not in (1, n) for want, n in zip(shape, have[extra:], strict=True)):
        return None
    added = (*range(extra), *(extra + i for i, want in enumerate(shape) if want == 1))
    return gradient.sum(added).reshape(shape)


class Function:
    """An operator with a backward pass of its own. Subclasses define static methods; use it as `MyFunction.apply(x)`.

    Example:
        >>> import funcgrad.torch as torch
        >>> class Cube(torch.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.save_for_backward(x)
        ...         return x ** 3
        ...     @staticmethod
        ...     def backward(ctx, g):
        ...         (x,) = ctx.saved_tensors
        ...         return 3 * x ** 2 * g
        >>> x = torch.tensor(2.0, requires_grad=True)
        >>> Cube.apply(x)
        tensor(8., grad_fn=<CubeBackward>)
    """

    setup_context: Any = None
    generate_vmap_rule = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warn(FUNCTION_INSTANCE.format(type(self)), DeprecationWarning)

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError(FUNCTION_CALLED)

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the result: of `(ctx, *args)`, or of `args` alone where `setup_context` is defined too."""
        raise NotImplementedError(FUNCTION_WITHOUT_FORWARD)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """The gradient of each argument of `forward`, given those of its results."""
        raise NotImplementedError(FUNCTION_WITHOUT_BACKWARD)

    vjp = backward

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """The tangent of each result of `forward`, given those of its arguments."""
        raise NotImplementedError(FUNCTION_WITHOUT_JVP)

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Call `forward`, and give its results their place in the graph."""
        context = Context(tuple(isinstance(x, Tensor) and x.requires_grad for x in args))
        with no_grad():
            if cls.setup_context is None:
                made = cls.forward(context, *args)
            else:
                made = cls.forward(*args)
                cls.setup_context(context, args, made)
        outputs = list(made) if isinstance(made, tuple) else [made]
        if not all(any(x is output for output in outputs) for x in context._dirty):
            raise RuntimeError(FUNCTION_DIRTY_NOT_RETURNED)
        is_tracked = state.grad and any(context.needs_input_grad)
        if is_tracked:
            outputs = _joined(cls, context, args, outputs)
        context._finish(is_tracked)
        return tuple(outputs) if isinstance(made, tuple) else outputs[0]


def _joined(cls: type[Function], context: Context, args: tuple[Any, ...], outputs: list[Any]) -> list[Any]:
    """The outputs as results of a new node."""
    avals = tuple(x._aval if isinstance(x, Tensor) else None for x in outputs)
    node = FunctionNode(cls, context, args, avals)
    given = {id(x) for x in args}
    for k, x in enumerate(outputs):
        is_constant = not isinstance(x, Tensor) or not is_differentiable(x._aval) or _holds(context._constant, x)
        if is_constant:
            continue
        if id(x) in given and not _holds(context._dirty, x):
            x = outputs[k] = alias(x)  # returned as it came: the argument keeps its own place
        elif x._edge is LEAF and _holds(context._dirty, x):
            raise RuntimeError(LEAF_CHANGED_BY_FUNCTION)
        x._edge = Edge(node, k)
    return outputs


def _holds(tensors: tuple[Tensor, ...], x: Any) -> bool:
    return any(x is tensor for tensor in tensors)
