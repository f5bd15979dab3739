"""Backward hooks of modules. Full ones: nodes on both sides of a forward pass, through which gradients go.

The node at the outputs runs the pre-hooks and keeps their gradients; the one at the inputs runs the hooks. The hooks
of old hang on the node that made the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from funcgrad.errors import warn
from funcgrad.torch._dispatch import alias, apply, edge_of
from funcgrad.torch._grad_mode import state
from funcgrad.torch._graph import Edge, Node, OperatorNode, shown
from funcgrad.torch._ops.creation import FILLED
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import (
    MODULE_HOOK_AT_LAST_NODE,
    MODULE_HOOK_AT_OUTPUT,
    MODULE_HOOK_COUNT,
    MODULE_HOOK_NOTHING_TO_REPLACE,
)
from funcgrad.trace import Aval

Gradients = tuple[Tensor | None, ...]


class Passage(Node):
    """A node that lets some tensors through; `act` sees their gradients and may replace them."""

    __slots__ = ("act",)

    def __init__(self, tensors: list[Tensor], act: Callable[[list[Tensor | None]], list[Tensor | None]]) -> None:
        super().__init__(tuple(edge_of(x) for x in tensors), tuple(x._aval for x in tensors))
        self.act = act

    def label(self) -> str:
        """The name that PyTorch prints for this node."""
        return "BackwardHookFunctionBackward"

    name = label

    def pull(self, incoming: list[Tensor | None]) -> list[Tensor | None]:
        """The gradients, after `act`."""
        return self.act(incoming)


class BackwardHooks:
    """The hooks around one call of a module.

    Args:
        module: The module.
        before: Its pre-hooks, called with `(module, grad_output)`.
        after: Its hooks, called with `(module, grad_input, grad_output)`.
    """

    def __init__(self, module: Any, before: Iterable[Any], after: Iterable[Any]) -> None:
        self.module = module
        self.before = list(before)
        self.after = list(after)
        self.inputs: tuple[int, ...] = ()  # positions of the arguments that require grad
        self.plain: dict[int, Aval] = {}  # tensors among the arguments that do not
        self.input_count = 0
        self.grad_output: Gradients = ()

    def around_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, watched."""
        self.input_count = len(args)
        self.inputs = _tracked(args)
        self.plain = {i: x._aval for i, x in enumerate(args) if isinstance(x, Tensor) and i not in self.inputs}
        return _through(args, self.inputs, self._at_inputs) if self.inputs and self.after else args

    def around_outputs(self, result: Any) -> Any:
        """The result of the forward pass, watched."""
        parts = result if isinstance(result, tuple) else (result,)
        self.outputs = _tracked(parts)
        self.output_count = len(parts)
        if not self.outputs or not (self.before or self.after):
            return result
        watched = _through(parts, self.outputs, self._at_outputs)
        return watched if isinstance(result, tuple) else watched[0]

    def _at_outputs(self, incoming: list[Tensor | None]) -> list[Tensor | None]:
        self.grad_output = _spread(incoming, self.outputs, self.output_count)
        for hook in self.before:
            replaced = hook(self.module, self.grad_output)
            if replaced is not None:
                self.grad_output = _checked(replaced, len(self.outputs), "pre hook", "grad_output")
        if not self.inputs and self.after:
            self._without_inputs()
        return [self.grad_output[i] for i in self.outputs]

    def _without_inputs(self) -> None:
        warn(MODULE_HOOK_AT_OUTPUT)
        for hook in self.after:
            replaced = hook(self.module, (None,) * self.input_count, self.grad_output)
            if replaced is not None and not (isinstance(replaced, tuple) and all(g is None for g in replaced)):
                raise RuntimeError(MODULE_HOOK_NOTHING_TO_REPLACE)

    def _at_inputs(self, incoming: list[Tensor | None]) -> list[Tensor | None]:
        zeros = {i: apply(FILLED, (aval.shape, aval.dtype, 0)) for i, aval in self.plain.items()}
        grad_input = _spread([*incoming, *zeros.values()], (*self.inputs, *zeros), self.input_count)
        for hook in self.after:
            replaced = hook(self.module, grad_input, self.grad_output)
            if replaced is not None:
                grad_input = _checked(replaced, self.input_count, "hook", "grad_input")
        return [grad_input[i] for i in self.inputs]


def _tracked(parts: tuple[Any, ...]) -> tuple[int, ...]:
    if not state.grad:
        return ()
    return tuple(i for i, x in enumerate(parts) if isinstance(x, Tensor) and edge_of(x) is not None)


def _through(parts: tuple[Any, ...], positions: tuple[int, ...], act: Any) -> tuple[Any, ...]:
    """The parts, those at `positions` with a passage between them and where they come from."""
    node = Passage([parts[i] for i in positions], act)
    made = list(parts)
    for number, i in enumerate(positions):
        made[i] = alias(parts[i])
        made[i]._edge = Edge(node, number)
    return tuple(made)


def _spread(gradients: list[Tensor | None], positions: tuple[int, ...], count: int) -> Gradients:
    """The gradients at their positions, None elsewhere."""
    at = dict(zip(positions, gradients, strict=True))
    return tuple(at.get(i) for i in range(count))


def _checked(replaced: Any, expected: int, kind: str, what: str) -> Gradients:
    gradients = replaced if isinstance(replaced, tuple) else (replaced,)
    if len(gradients) != expected:
        raise RuntimeError(MODULE_HOOK_COUNT.format(kind=kind, what=what, got=len(gradients), expected=expected))
    return gradients


def hang_on_last_node(module: Any, hooks: Iterable[Any], args: tuple[Any, ...], result: Any) -> None:
    """Hang hooks of old, called with `(module, grad_input, grad_output)`, on the node that made the result."""
    edge = edge_of(found) if (found := _first_tensor(result)) is not None and state.grad else None
    if not isinstance(edge, Edge):
        return
    node = shown(edge.node)
    sources = {e.node if isinstance(e, Edge) else e for e in node.edges if e is not None}
    inputs = {e.node for x in args if isinstance(x, Tensor) and isinstance(e := edge_of(x), Edge)}
    if sources != inputs:
        warn(MODULE_HOOK_AT_LAST_NODE, FutureWarning)
    for hook in hooks:
        node.register_hook(lambda outgoing, incoming, hook=hook: hook(module, _as_shown(node, outgoing), incoming))


def _first_tensor(result: Any) -> Tensor | None:
    while not isinstance(result, Tensor):
        if not result or not isinstance(result, dict | tuple | list):
            return None
        result = next(iter(result.values())) if isinstance(result, dict) else result[0]
    return result


def _as_shown(node: Node, outgoing: Gradients) -> Gradients:
    """A node's outgoing gradients as PyTorch's node for the same has them: a linear layer's is one of `addmm`."""
    if not isinstance(node, OperatorNode) or node.equation.op.name != "linear":
        return outgoing
    x, weight, *bias = outgoing
    return (*bias, x, None if weight is None else weight.t())
