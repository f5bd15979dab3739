"""torch.func: function transforms, by the recorded graph: a transform differentiates what its function recorded.

Batches: `_batching.py`; modules as functions: `_stateless.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._batching import vmap as vmap
from funcgrad.torch._dispatch import edge_of as _edge_of
from funcgrad.torch._engine import gradients as _gradients
from funcgrad.torch._function import Tangent as _Tangent
from funcgrad.torch._function import forward_derivative as _forward_derivative
from funcgrad.torch._grad_mode import enable_grad as _enable_grad
from funcgrad.torch._grad_mode import is_grad_enabled as _is_grad_enabled
from funcgrad.torch._graph import Edge as _Edge
from funcgrad.torch._ops.copying import clone as _clone
from funcgrad.torch._ops.creation import zeros as _zeros
from funcgrad.torch._ops.joining import stack as _stack
from funcgrad.torch._ops.pieces import unbind as _unbind
from funcgrad.torch._ops.shape import reshape as _reshape
from funcgrad.torch._ops.shape import view_as as _view_as
from funcgrad.torch._stateless import functional_call as functional_call
from funcgrad.torch._stateless import replace_all_batch_norm_modules_ as replace_all_batch_norm_modules_
from funcgrad.torch._stateless import stack_module_state as stack_module_state
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._trees import flatten as _flatten
from funcgrad.torch._trees import map_leaves as _map_leaves
from funcgrad.torch._walk import reachable as _reachable


def grad(func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that gives the gradient of `func`, which must give a tensor of one element.

    Args:
        func: Takes tensors, or trees of them.
        argnums: By which arguments.
        has_aux: Whether `func` gives `(value, more)`.
    """
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        found, value = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def grad_and_value(func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that gives the gradient and the value of `func`, in this order.

    Args:
        func: Takes tensors, or trees of them; gives a tensor of one element.
        argnums: By which arguments.
        has_aux: Whether `func` gives `(value, more)`.

    Raises:
        RuntimeError: From the returned function, if there are several elements.
    """

    @functools.wraps(func)
    def both(*args: Any, **kwargs: Any) -> Any:
        points, rebuilt, filled = _at_points(args, argnums)
        with _enable_grad():
            made = func(*filled, **kwargs)
            value = _without_more(made, has_aux, "grad_and_value(f)(*args): output of function f")
            _check_scalar(value)
            found = _found([value], points, [None])
        shown = rebuilt(_shown(found, points))
        return shown if isinstance(argnums, tuple) else shown[0], _shown(made, points)

    return both


def _at_points(args: tuple[Any, ...], argnums: Any) -> tuple[list[Tensor], Callable[[list[Any]], Any], list[Any]]:
    """Tensors to differentiate by, the function that gives their trees other leaves, and all arguments with them."""
    chosen = argnums if isinstance(argnums, tuple) else (argnums,)
    for k in chosen:
        if not -len(args) <= k < len(args):
            raise RuntimeError(f"Got argnum={k}, but only {len(args)} positional inputs")
    leaves, rebuilt = _flatten(tuple(args[k] for k in chosen))
    for x in leaves:
        if not isinstance(x, Tensor):
            raise ValueError(f"Thing passed to transform API must be Tensor, got {type(x)}")
    with _enable_grad():
        points = [_view_as(x, x) if x.requires_grad else _clone(x.detach()).requires_grad_() for x in leaves]
    filled = list(args)
    for k, point in zip(chosen, rebuilt(points), strict=True):
        filled[k] = point
    return points, rebuilt, filled


def _without_more(made: Any, has_aux: bool, who: str) -> Any:
    if has_aux and not (isinstance(made, tuple) and len(made) == 2):
        raise RuntimeError(f"{who} should be a tuple: (output, aux) if has_aux is True")
    return made[0] if has_aux else made


def _shown(tree: Any, points: list[Tensor]) -> Any:
    """Results without a graph, unless they depend on more than the points of this transform: an outer one's tensors.

    Where gradients are off around the transform, nothing outside of it has a graph.
    """
    is_recorded = _is_grad_enabled()

    def shown(x: Any) -> Any:
        if not isinstance(x, Tensor) or not x.requires_grad or (is_recorded and _depends(x, points)):
            return x
        return x.detach()

    return _map_leaves(shown, tree)


def _depends(y: Tensor, points: list[Tensor]) -> bool:
    """Whether a tensor depends on leaves other than the points."""
    edge = _edge_of(y)
    if not isinstance(edge, _Edge):
        return all(y is not x for x in points)
    ends = [end for node in _reachable([edge.node]) for end in node.edges if isinstance(end, Tensor)]
    return not {id(end) for end in ends if not isinstance(end, _Tangent)} <= {id(x) for x in points}


def _check_scalar(value: Any) -> None:
    if not isinstance(value, Tensor):
        raise RuntimeError(f"grad_and_value(f)(*args): Expected f(*args) to return a Tensor, got {type(value)}")
    if value.ndim:
        raise RuntimeError(
            "grad_and_value(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor with "
            f"{value.ndim} dims. Maybe you wanted to use the vjp or jacrev APIs instead?"
        )


def _check_tensors(value: Any, who: str) -> None:
    for x in _flatten(value)[0]:
        if not isinstance(x, Tensor):
            raise RuntimeError(f"{who}: expected f(*primals) to return only tensors, got unsupported type {type(x)}")


def _found(ys: list[Tensor], points: list[Tensor], seeds: list[Any]) -> list[Tensor]:
    starts = [(y, seed) for y, seed in zip(ys, seeds, strict=True) if y.requires_grad]
    if not starts:
        return [_zeros(x.shape, dtype=x.dtype) for x in points]
    found = _gradients([y for y, _ in starts], points, [s for _, s in starts], True, True, True, False)
    return [_zeros(x.shape, dtype=x.dtype) if g is None else g for g, x in zip(found, points, strict=True)]


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of `func`, and the function from a cotangent of it to cotangents of the arguments.

    Args:
        func: Takes tensors, or trees of them.
        primals: Its arguments.
        has_aux: Whether `func` gives `(value, more)`.
    """
    points, rebuilt, filled = _at_points(primals, tuple(range(len(primals))))
    with _enable_grad():
        made = func(*filled)
    value = _without_more(made, has_aux, "vjp(f, *primals): output of function f")
    _check_tensors(value, "vjp(f, *primals)")

    def pull(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        with _enable_grad():
            found = _found(_flatten(value)[0], points, _flatten(cotangents)[0])
        return rebuilt(_shown(found, points))

    shown = _shown(value, points)
    return (shown, pull, _shown(made[1], points)) if has_aux else (shown, pull)


def jvp(
    func: Callable[..., Any], primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> tuple[Any, ...]:
    """The value of `func`, and the product of its Jacobian with the tangents.

    Args:
        func: Takes tensors, or trees of them.
        primals: A tuple of its arguments.
        tangents: For each a tree of the same form.
        strict: Without effect.
        has_aux: Whether `func` gives `(value, more)`.
    """
    _check_pairs(primals, tangents)
    points, _, filled = _at_points(primals, tuple(range(len(primals))))
    with _enable_grad():
        made = func(*filled)
    value = _without_more(made, has_aux, "jvp(f, primals, tangents): output of function f")
    _check_tensors(value, "jvp(f, primals, tangents)")
    result = _shown(value, points), _product(value, points)(tangents)
    return (*result, _shown(made[1], points)) if has_aux else result


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """The value of `func`, and the function from tangents to their product with its Jacobian.

    Args:
        func: Takes tensors, or trees of them.
        primals: Its arguments.
    """
    points, _, filled = _at_points(primals, tuple(range(len(primals))))
    with _enable_grad():
        value = func(*filled)
    product = _product(value, points)
    return _shown(value, points), lambda *tangents: product(tangents)


def _product(value: Any, points: list[Tensor]) -> Callable[[Any], Any]:
    """The function from tangents at the points to that of the value: pulling back is linear, so its transpose."""
    ys, rebuilt = _flatten(value)
    with _enable_grad(), _forward_derivative():
        cotangents = [_zeros(y.shape, dtype=y.dtype, requires_grad=True) for y in ys]
        back = _found(ys, points, cotangents)

    def product(tangents: Any) -> Any:
        with _enable_grad():
            found = _found(back, cotangents, _flatten(tangents)[0])
        return rebuilt(_shown(found, [*points, *cotangents]))

    return product


def _check_pairs(primals: Any, tangents: Any) -> None:
    if not isinstance(primals, tuple):
        raise RuntimeError(
            "jvp(f, primals, tangents): Expected primals to be a tuple. E.g. it should be valid to call f(*primals)."
        )
    xs, vs = _flatten(primals)[0], _flatten(tangents)[0]
    if len(xs) != len(vs):
        raise RuntimeError(
            "jvp(f, primals, tangents): Expected primals and tangents to have the same python structure. For example, "
            f"if primals is a tuple of 3 tensors, tangents also must be. Got {len(xs)} tensors and {len(vs)} tangents"
        )
    for x, v in zip(xs, vs, strict=True):
        if x.shape != v.shape:
            raise RuntimeError(
                "Trying to set a forward gradient that has a different size than that of the original Tensor, this is "
                f"not supported. Tensor is of size {list(x.shape)} while the given forward gradient is of size "
                f"{list(v.shape)}."
            )


def jacrev(
    func: Callable[..., Any],
    argnums: Any = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable[..., Any]:
    """The function that gives the Jacobian of `func` by one of its arguments, or a tuple by several.

    Args:
        func: Takes and gives tensors, or trees of them.
        argnums: By which argument, or arguments.
        has_aux: Whether `func` gives `(value, more)`.
        chunk_size: Without effect.
    """

    @functools.wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        points, rebuilt, filled = _at_points(args, argnums)
        with _enable_grad():
            made = func(*filled, **kwargs)
            value = _without_more(made, has_aux, "jacrev(f)(*args): output of function f")
            _check_tensors(value, "vjp(f, *primals)")
            rows = _map_leaves(lambda y: _rows(y, points, rebuilt, isinstance(argnums, tuple)), value)
        shown = _shown(rows, points)
        return (shown, _shown(made[1], points)) if has_aux else shown

    return jacobian


def _rows(y: Tensor, points: list[Tensor], rebuilt: Callable[[list[Any]], Any], is_tuple: bool) -> Any:
    """The derivatives of a tensor by the points, in their form."""
    each = [_found([e], points, [None]) for e in _unbind(_reshape(y, (-1,)))]
    columns = zip(*each, strict=True) if each else ([_zeros(0, *x.shape)] for x in points)
    blocks = [_reshape(_stack(list(c)), (*y.shape, *x.shape)) for c, x in zip(columns, points, strict=True)]
    found = rebuilt(blocks)
    return found if is_tuple else found[0]


def jacfwd(
    func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable[..., Any]:
    """What `jacrev` gives."""
    return jacrev(func, argnums, has_aux=has_aux)


def hessian(func: Callable[..., Any], argnums: Any = 0) -> Callable[..., Any]:
    """The function that gives the second derivatives of `func` by one of its arguments, or by several.

    Args:
        func: Takes tensors, or trees of them.
        argnums: By which argument, or arguments.
    """
    return jacfwd(jacrev(func, argnums), argnums)


def functionalize(func: Callable[..., Any], *, remove: str = "mutations") -> Callable[..., Any]:
    """`func` itself: what is recorded has no in-place changes to remove.

    Args:
        func: Takes and gives tensors.
        remove: Without effect.

    Raises:
        RuntimeError: `remove` is none of PyTorch's options.
    """
    if remove not in ("mutations", "mutations_and_views"):
        raise RuntimeError(
            f"functionalize(f, remove='mutations'): received invalid argument for remove={remove}. Expected "
            "'mutations' or 'mutations_and_views'."
        )
    return func


__getattr__ = _missing_from(__name__)
