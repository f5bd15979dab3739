"""torch.autograd.graph: nodes and edges of the graph, and where its saved tensors live."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._graph import Node as Node
from funcgrad.torch._hooks import RemovableHandle
from funcgrad.torch._packing import disable_saved_tensors_hooks as disable_saved_tensors_hooks
from funcgrad.torch._packing import saved_tensors_hooks as saved_tensors_hooks
from funcgrad.torch._tensor import Tensor


class GradientEdge(NamedTuple):
    """The place in the graph where a tensor's gradient arrives."""

    node: Any
    output_nr: int
    ownership_token: Any = None


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """The place where the gradient of a tensor arrives.

    Raises:
        RuntimeError: The tensor does not require grad.
    """
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    return GradientEdge(tensor.grad_fn, tensor.output_nr)


def increment_version(tensor: Tensor | Sequence[Tensor]) -> None:
    """Count a change of the tensor, as if it had been written to in place."""
    for x in [tensor] if isinstance(tensor, Tensor) else tensor:
        x._storage.version += 1


def save_on_cpu(pin_memory: bool = False, device_type: str = "cuda") -> Any:
    """A block whose saved tensors live on the CPU: all of them do."""
    return nullcontext()


class _Together:
    """The handles of one hook on several tensors."""

    def __init__(self, handles: list[RemovableHandle]) -> None:
        self.handles = handles

    def remove(self) -> None:
        """Take the hook off all of them."""
        for handle in self.handles:
            handle.remove()


def register_multi_grad_hook(tensors: Sequence[Tensor], fn: Callable[..., Any], *, mode: str = "all") -> Any:
    """Call `fn` with the list of all gradients when the last has come, or with the first (`mode="any"`).

    Args:
        tensors: Whose gradients are waited for.
        fn: What is called.
        mode: `all` or `any`.
    """
    seen: dict[int, Any] = {}

    def arrived(i: int, gradient: Tensor) -> None:
        if mode == "any":
            if not seen:
                fn(gradient)
            seen[i] = gradient
        else:
            seen[i] = gradient
            if len(seen) == len(tensors):
                fn([seen[k] for k in range(len(tensors))])
        if len(seen) == len(tensors):
            seen.clear()

    return _Together([x.register_hook(lambda g, i=i: arrived(i, g)) for i, x in enumerate(tensors)])


__getattr__ = _missing_from(__name__)
