"""torch.autograd: gradients without `.grad`, and the grad modes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._anomaly import detect_anomaly as detect_anomaly
from funcgrad.torch._anomaly import set_detect_anomaly as set_detect_anomaly
from funcgrad.torch._engine import backward as _backward
from funcgrad.torch._engine import gradients as _gradients
from funcgrad.torch._function import Function as Function
from funcgrad.torch._grad_mode import enable_grad as enable_grad
from funcgrad.torch._grad_mode import inference_mode as inference_mode
from funcgrad.torch._grad_mode import no_grad as no_grad
from funcgrad.torch._grad_mode import set_grad_enabled as set_grad_enabled
from funcgrad.torch._legacy import Variable as Variable
from funcgrad.torch._ops.joining import stack as _stack
from funcgrad.torch._ops.pieces import unbind as _unbind
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._texts import BATCHED_GRAD_SHAPE
from funcgrad.torch.autograd import anomaly_mode as anomaly_mode
from funcgrad.torch.autograd import forward_ad as forward_ad
from funcgrad.torch.autograd import function as function
from funcgrad.torch.autograd import functional as functional
from funcgrad.torch.autograd import grad_mode as grad_mode
from funcgrad.torch.autograd import graph as graph
from funcgrad.torch.autograd import profiler as profiler
from funcgrad.torch.autograd import variable as variable
from funcgrad.torch.autograd.gradcheck import gradcheck as gradcheck
from funcgrad.torch.autograd.gradcheck import gradgradcheck as gradgradcheck


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

    def of_seeds(seeds: list[Tensor | None], retain_graph: bool | None) -> tuple[Tensor | None, ...]:
        return _gradients(starts, ends, seeds, retain_graph, create_graph, allow_unused, materialize_grads)

    if not is_grads_batched:
        return of_seeds(seeds, retain_graph)
    batch = _unstacked(starts, seeds)
    found = [of_seeds(row, True if row is not batch[-1] else retain_graph) for row in batch]
    return tuple(None if column[0] is None else _stack(column) for column in zip(*found, strict=True))


def _unstacked(outputs: list[Tensor], batched: list[Tensor | None]) -> list[list[Tensor | None]]:
    """The seeds of each vector-Jacobian product of a batch."""
    for i, (x, seed) in enumerate(zip(outputs, batched, strict=True)):
        if seed is not None and seed.shape[1:] != x.shape:
            raise RuntimeError(BATCHED_GRAD_SHAPE.format(i=i, grad=seed.shape[1:], output=x.shape))
    given = [seed for seed in batched if seed is not None]
    if not given:
        raise ValueError("is_grads_batched=True needs grad_outputs: a batch of vectors, along the first dimension")
    rows = zip(*(_unbind(seed, 0) for seed in given), strict=True)
    return [[None if seed is None else next(left) for seed in batched] for left in map(iter, rows)]


def _listed(tensors: Any) -> list[Any]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _seeds(given: Any, count: int) -> list[Tensor | None]:
    return [None] * count if given is None else _listed(given)


__getattr__ = _missing_from(__name__)
