"""torch.autograd: gradients without `.grad`, and the grad modes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._engine import backward as _backward
from funcgrad.torch._engine import gradients as _gradients
from funcgrad.torch._grad_mode import enable_grad as enable_grad
from funcgrad.torch._grad_mode import inference_mode as inference_mode
from funcgrad.torch._grad_mode import no_grad as no_grad
from funcgrad.torch._grad_mode import set_grad_enabled as set_grad_enabled
from funcgrad.torch._tensor import Tensor


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the gradients of several tensors to the `.grad` of the leaves, in one walk.

    Args:
        tensors: Where to start.
        grad_tensors: For each, the gradient to start with; None for tensors of one element.
        retain_graph: Keep the graph for another backward pass.
        create_graph: Record the gradients' own graph.
        inputs: Accumulate only into these tensors.
    """
    outputs = _listed(tensors)
    chosen = None if inputs is None else _listed(inputs)
    _backward(outputs, _seeds(grad_tensors, len(outputs)), retain_graph, create_graph, chosen)


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """Gradients of the sum of `outputs` with respect to `inputs`, as new tensors; no `.grad` changes.

    Args:
        outputs: What is differentiated.
        inputs: With respect to what.
        grad_outputs: The vector of the vector-Jacobian product, for each output.
        retain_graph: Keep the graph for another pass; by default as `create_graph`.
        create_graph: Record the gradients' own graph, for higher derivatives.
        only_inputs: Without effect.
        allow_unused: Give None for an input that was not used.
        is_grads_batched: `grad_outputs` has a leading dimension of vectors.
        materialize_grads: Give zeros for an input that was not used.

    Returns:
        A gradient for each input.
    """
    starts, ends = _listed(outputs), _listed(inputs)
    seeds = _seeds(grad_outputs, len(starts))
    return _gradients(starts, ends, seeds, retain_graph, create_graph, allow_unused, materialize_grads)


def _listed(tensors: Any) -> list[Any]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _seeds(given: Any, count: int) -> list[Tensor | None]:
    return [None] * count if given is None else _listed(given)

__getattr__ = _missing_from(__name__)
