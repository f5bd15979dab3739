"""torch.autograd.forward_ad: directional derivatives of what is computed from dual tensors.

A dual tensor is a view of its primal that requires grad; the tangent of a result is the gradient, with respect to the
vector, of a vector-Jacobian product. So what is computed without grad mode has no tangent.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, NamedTuple

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._dispatch import alias, edge_of
from funcgrad.torch._engine import gradients
from funcgrad.torch._function import forward_derivative
from funcgrad.torch._grad_mode import enable_grad
from funcgrad.torch._graph import LEAF, Edge
from funcgrad.torch._ops.creation import zeros
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._walk import place_of, reachable


class UnpackedDualTensor(NamedTuple):
    """A tensor, and its tangent or None."""

    primal: Tensor
    tangent: Tensor | None


class _Level:
    """The dual tensors of a block, each with its tangent."""

    def __init__(self) -> None:
        self.duals: list[tuple[Tensor, Tensor]] = []


_levels: list[_Level] = []

NO_LEVEL = "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."


def enter_dual_level() -> int:
    """Begin a block of forward derivatives; return its number.

    Raises:
        RuntimeError: One is open already.
    """
    if _levels:
        raise RuntimeError("Nested forward mode AD is not supported at the moment")
    _levels.append(_Level())
    return len(_levels) - 1


def exit_dual_level(*, level: int | None = None) -> None:
    """End the block: its tangents are gone."""
    if not _levels:
        raise RuntimeError("Trying to exit a forward AD level but no level exists")
    _levels.pop()


@contextmanager
def dual_level() -> Any:
    """A block in which dual tensors can be made and unpacked."""
    enter_dual_level()
    try:
        yield 0
    finally:
        exit_dual_level()


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Tensor:
    """A view of `tensor` that carries a tangent.

    Args:
        tensor: The primal, of a floating dtype.
        tangent: The direction, in the same shape.
        level: Of the block; the innermost.

    Raises:
        RuntimeError: There is no block, or the shapes differ.
        ValueError: A dtype is not floating.
    """
    if not _levels:
        raise RuntimeError(NO_LEVEL)
    for name, x in (("primal", tensor), ("tangent", tangent)):
        if not (x.is_floating_point() or x.is_complex()):
            raise ValueError(f"Expected {name} to be floating point or complex, but got: {x.dtype}")
    if tensor.shape != tangent.shape:
        raise RuntimeError(
            f"Expected tensor and tangent to have the same size, but got {list(tensor.shape)} and {list(tangent.shape)}"
        )
    if edge_of(tensor) is None:
        dual = alias(tensor)
        dual._edge = LEAF
    else:
        with enable_grad():
            dual = tensor.view_as(tensor)
    _levels[-1].duals.append((dual, tangent))
    return dual


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> UnpackedDualTensor:
    """A tensor without its tangent, and the tangent; None where no dual tensor has a part in it, or after the block."""
    tangent = _tangent(tensor, _levels[-1].duals) if _levels else None
    return UnpackedDualTensor(alias(tensor), tangent)


def _tangent(tensor: Tensor, duals: list[tuple[Tensor, Tensor]]) -> Tensor | None:
    for dual, direction in duals:
        if tensor is dual:
            return direction
    edge = edge_of(tensor)
    if not isinstance(edge, Edge):
        return None
    places = {place_of(e) for node in reachable([edge.node]) for e in node.edges if e is not None}
    parts = [(x, direction) for x, direction in duals if place_of(edge_of(x)) in places]
    if not parts:
        return None
    with enable_grad(), forward_derivative():
        vector = zeros(tensor.shape, dtype=tensor.dtype).requires_grad_()
        inputs = [x for x, _ in parts]
        pulled = gradients([tensor], inputs, [vector], retain_graph=True, create_graph=True, allow_unused=True)
        used = [(g, direction.to(g.dtype)) for g, (_, direction) in zip(pulled, parts, strict=True) if g is not None]
        starts, seeds = [g for g, _ in used if g.requires_grad], [d for g, d in used if g.requires_grad]
        is_tracked = any(x._edge is not LEAF for x, _ in parts)  # the primal requires grad, so does the tangent
        found = _pulled_back(starts, vector, seeds, is_tracked) if starts else None
    return zeros(tensor.shape, dtype=tensor.dtype) if found is None else found


def _pulled_back(starts: list[Tensor], vector: Tensor, seeds: list[Tensor], create_graph: bool) -> Tensor | None:
    return gradients(starts, [vector], seeds, retain_graph=True, create_graph=create_graph, allow_unused=True)[0]


__getattr__ = _missing_from(__name__)
