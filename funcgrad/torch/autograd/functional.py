"""torch.autograd.functional: Jacobians, Hessians and their products with vectors, of functions of tensors.

Results have the structure of PyTorch's: one tensor where one was given, tuples where tuples were.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._engine import gradients
from funcgrad.torch._grad_mode import enable_grad
from funcgrad.torch._ops.copying import clone
from funcgrad.torch._ops.creation import ones, zeros
from funcgrad.torch._ops.gradient import requires_grad_
from funcgrad.torch._ops.joining import stack
from funcgrad.torch._ops.pieces import unbind
from funcgrad.torch._ops.shape import reshape, view_as
from funcgrad.torch._tensor import Tensor

Tensors = tuple[Tensor, ...]


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """Derivatives of every element of the outputs by every element of the inputs.

    Args:
        func: Takes tensors, gives a tensor or a tuple of them.
        inputs: A tensor or a tuple of them.
        create_graph: Whether the result can be differentiated again.
        strict: Refuse outputs that do not depend on an input.
        vectorize: Without effect.
        strategy: Without effect.

    Returns:
        For output i and input j a tensor of the shape of i followed by that of j, nested as outputs and inputs are.
    """
    points, outputs, shown = _run(func, inputs, create_graph)
    rows = tuple(_jacobian_of(y, number, points, create_graph, strict) for number, y in enumerate(outputs))
    return shown(tuple(row if isinstance(inputs, tuple) else row[0] for row in rows))


def _jacobian_of(y: Tensor, number: int, points: Tensors, create_graph: bool, strict: bool) -> Tensors:
    flat = [_gradients([e], [None], points, create_graph, strict, number) for e in unbind(reshape(y, (-1,)))]
    columns = zip(*flat, strict=True) if flat else ([] for _ in points)
    return tuple(
        reshape(stack(list(column)), (*y.shape, *x.shape)) if column else zeros(*y.shape, *x.shape)
        for column, x in zip(columns, points, strict=True)
    )


def hessian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Second derivatives of a function of one result: the Jacobian of its gradient.

    Args:
        func: Gives a tensor of one element.
        inputs: A tensor or a tuple of them.
        create_graph: Whether the result can be differentiated again.
        strict: Refuse results that do not depend on an input.
        vectorize: Without effect.
        outer_jacobian_strategy: Without effect.

    Raises:
        RuntimeError: `func` gives several elements.
    """

    def gradient(*xs: Tensor) -> Any:
        y = func(*xs)
        _check_single(y, "hessian")
        found = _gradients([y], [None], xs, True, strict, 0)
        return found if isinstance(inputs, tuple) else found[0]

    return jacobian(gradient, inputs, create_graph, strict)


def vjp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """The outputs, and the product of a vector with the Jacobian.

    Args:
        func: Takes tensors, gives a tensor or a tuple of them.
        inputs: A tensor or a tuple of them.
        v: Of the shapes of the outputs; may be left out for one output of one element.
        create_graph: Whether the result can be differentiated again.
        strict: Refuse outputs that do not depend on an input.
    """
    points, outputs, shown = _run(func, inputs, create_graph)
    vectors = _vectors(v, outputs, "The vector v can only be None if the user-provided function returns ")
    found = _gradients(list(outputs), list(vectors), points, create_graph, strict, 0)
    return shown(_left(outputs, create_graph)), found if isinstance(inputs, tuple) else found[0]


def jvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """The outputs, and the product of the Jacobian with a vector.

    Args:
        func: Takes tensors, gives a tensor or a tuple of them.
        inputs: A tensor or a tuple of them.
        v: Of the shapes of the inputs; may be left out for one input of one element.
        create_graph: Whether the result can be differentiated again.
        strict: Refuse outputs that do not depend on an input.
    """
    points, outputs, shown = _run(func, inputs, True)
    vectors = _vectors(v, points, "The vector v can only be None if the input to the user-provided function is ")
    with enable_grad():
        # The gradient is linear in the cotangent, so its derivative by the cotangent is the product asked for.
        cotangents = tuple(requires_grad_(zeros(*y.shape, dtype=y.dtype)) for y in outputs)
        back = _gradients(list(outputs), list(cotangents), points, True, strict, 0)
        used = [(g, w) for g, w in zip(back, vectors, strict=True) if g.requires_grad]
        found = _gradients([g for g, _ in used], [w for _, w in used], cotangents, create_graph, False, 0)
    return shown(_left(outputs, create_graph)), shown(found)


def vhp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """The output of a function of one result, and the product of a vector with its Hessian.

    Args:
        func: Gives a tensor of one element.
        inputs: A tensor or a tuple of them.
        v: Of the shapes of the inputs; may be left out for one input of one element.
        create_graph: Whether the result can be differentiated again.
        strict: Refuse results that do not depend on an input.

    Raises:
        RuntimeError: `func` gives several elements.
    """
    points, outputs, shown = _run(func, inputs, True)
    _check_single(outputs[0], "vhp")
    vectors = _vectors(v, points, "The vector v can only be None if the input to the user-provided function is ")
    with enable_grad():
        gradient = _gradients(list(outputs), [None], points, True, strict, 0)
        used = [(g, w) for g, w in zip(gradient, vectors, strict=True) if g.requires_grad]
        found = _gradients([g for g, _ in used], [w for _, w in used], points, create_graph, strict, 0)
    return shown(_left(outputs, create_graph)), found if isinstance(inputs, tuple) else found[0]


hvp = vhp  # a Hessian is symmetric


def _run(
    func: Callable[..., Any], inputs: Any, create_graph: bool
) -> tuple[Tensors, Tensors, Callable[[tuple[Any, ...]], Any]]:
    """Inputs as places to differentiate at, outputs there, and how outputs are shown."""
    given = inputs if isinstance(inputs, tuple) else (inputs,)
    with enable_grad():
        attached = create_graph and any(x.requires_grad for x in given)
        points = tuple(
            view_as(x, x) if attached and x.requires_grad else requires_grad_(clone(x.detach())) for x in given
        )
        made = func(*points)
    several = isinstance(made, tuple)
    return points, made if several else (made,), lambda results: results if several else results[0]


def _gradients(
    ys: list[Tensor], vectors: list[Any], points: Tensors, create_graph: bool, strict: bool, number: int
) -> Tensors:
    starts = [(y, v) for y, v in zip(ys, vectors, strict=True) if y.requires_grad]
    if not starts:
        if strict:
            raise RuntimeError(
                f"Output {number} of the user-provided function does not require gradients. The outputs must be "
                "computed in a differentiable manner from the input when running in strict mode."
            )
        return tuple(zeros(*x.shape, dtype=x.dtype) for x in points)
    seeds = [ones(*y.shape, dtype=y.dtype) if v is None else v for y, v in starts]
    found = gradients([y for y, _ in starts], list(points), seeds, True, create_graph, True, False)
    if strict and None in found:
        raise RuntimeError(
            f"Output {number} of the user-provided function is independent of input {found.index(None)}. This is not "
            "allowed in strict mode."
        )
    return tuple(zeros(*x.shape, dtype=x.dtype) if g is None else g for g, x in zip(found, points, strict=True))


def _vectors(v: Any, like: Tensors, advice: str) -> Tensors:
    if v is None:
        if len(like) != 1 or like[0]._aval.size != 1:
            raise RuntimeError(f"{advice}a single Tensor with a single element.")
        return (ones(*like[0].shape, dtype=like[0].dtype),)
    given = v if isinstance(v, tuple) else (v,)
    if len(given) != len(like):
        raise RuntimeError(f"v is a tuple of invalid length: should be {len(like)} but got {len(given)}.")
    for number, (w, x) in enumerate(zip(given, like, strict=True)):
        if w._aval.shape != x._aval.shape:
            entry = f"Entry {number} in v" if len(like) > 1 else "v"
            raise RuntimeError(f"{entry} has invalid size: should be {x.shape} but got {w.shape}.")
    return given


def _check_single(y: Any, name: str) -> None:
    if not isinstance(y, Tensor) or y._aval.size != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {name} should contain a single element")


def _left(outputs: Tensors, create_graph: bool) -> Tensors:
    return outputs if create_graph else tuple(y.detach() for y in outputs)


__getattr__ = _missing_from(__name__)
