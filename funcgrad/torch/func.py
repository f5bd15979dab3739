"""torch.func: function transforms, by the recorded graph: a transform differentiates what its function recorded."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._engine import gradients as _gradients
from funcgrad.torch._grad_mode import enable_grad as _enable_grad
from funcgrad.torch._ops.copying import clone as _clone
from funcgrad.torch._ops.creation import zeros as _zeros
from funcgrad.torch._ops.joining import stack as _stack
from funcgrad.torch._ops.pieces import unbind as _unbind
from funcgrad.torch._ops.shape import view_as as _view_as
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._trees import flatten as _flatten
from funcgrad.torch._trees import map_leaves as _map_leaves
from funcgrad.torch.autograd.functional import jacobian as _jacobian
from funcgrad.torch.nn._module import Module


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
        chosen = argnums if isinstance(argnums, tuple) else (argnums,)
        leaves, rebuilt = _flatten(tuple(args[k] for k in chosen))
        attached = any(x.requires_grad for x in leaves)
        with _enable_grad():
            points = [_view_as(x, x) if x.requires_grad else _clone(x.detach()).requires_grad_() for x in leaves]
            filled = list(args)
            for k, point in zip(chosen, rebuilt(points), strict=True):
                filled[k] = point
            made = func(*filled, **kwargs)
        value = made[0] if has_aux else made
        _check_scalar(value)
        found = _found([value], points, [None])
        given = rebuilt(found if attached else [g.detach() for g in found])
        shown = made if attached else _map_leaves(lambda x: x.detach() if isinstance(x, Tensor) else x, made)
        return given if isinstance(argnums, tuple) else given[0], shown

    return both


def _check_scalar(value: Any) -> None:
    if not isinstance(value, Tensor):
        raise RuntimeError(f"grad(f)(*args): Expected f(*args) to return a tensor, got {type(value)}")
    if value.ndim:
        raise RuntimeError(
            f"grad(f)(*args): Expected f(*args) to return a scalar tensor, got tensor with {value.ndim} dims. Maybe "
            "you wanted to use the vjp or jacrev APIs instead?"
        )


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
    leaves, rebuilt = _flatten(primals)
    with _enable_grad():
        points = [_view_as(x, x) if x.requires_grad else _clone(x.detach()).requires_grad_() for x in leaves]
        made = func(*rebuilt(points))
    value = made[0] if has_aux else made

    def pull(cotangents: Any, retain_graph: bool = True) -> Any:
        found = _found(_flatten(value)[0], points, _flatten(cotangents)[0])
        return rebuilt([g.detach() for g in found])

    shown = _map_leaves(lambda x: x.detach(), value)
    return (shown, pull, made[1]) if has_aux else (shown, pull)


def jacrev(
    func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False, *, chunk_size: int | None = None
) -> Callable[..., Any]:
    """The function that gives the Jacobian of `func` by one of its arguments, or a tuple by several.

    Args:
        func: Takes tensors, gives a tensor or a tuple of them.
        argnums: By which argument, or arguments.
        has_aux: Whether `func` gives `(value, more)`.
        chunk_size: Without effect.
    """

    @functools.wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        more: list[Any] = []

        def by(k: int) -> Any:
            def of_one(x: Tensor) -> Any:
                made = func(*args[:k], x, *args[k + 1 :], **kwargs)
                if has_aux:
                    made, more[:] = made[0], made[1:]
                return made

            return _jacobian(of_one, args[k], create_graph=args[k].requires_grad)

        found = tuple([by(k) for k in argnums]) if isinstance(argnums, tuple) else by(argnums)
        return (found, _map_leaves(lambda x: x.detach() if isinstance(x, Tensor) else x, more[0])) if has_aux else found

    return jacobian


def jacfwd(
    func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable[..., Any]:
    """What `jacrev` gives."""
    return jacrev(func, argnums, has_aux)


def hessian(func: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """The function that gives the second derivatives of `func` by one of its arguments.

    Args:
        func: Takes tensors, gives a tensor.
        argnums: By which argument.
    """
    return jacrev(jacrev(func, argnums), argnums)


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The function that applies `func` to each item of a batch: one call an item, all in one program.

    Args:
        func: Takes tensors of one item.
        in_dims: The dimension of the batch in each argument; None for an argument that all items share.
        out_dims: Where the batch stands in the results.
        randomness: Without effect: items draw one after another.
        chunk_size: Without effect.

    Raises:
        ValueError: From the returned function, if no argument has a batch, or sizes differ.
    """

    @functools.wraps(func)
    def batched(*args: Any, **kwargs: Any) -> Any:
        dims = in_dims if isinstance(in_dims, tuple) else (in_dims,) * len(args)
        columns = [_items(arg, dim) for arg, dim in zip(args, dims, strict=True)]
        counts = {len(column) for column in columns if column is not None}
        if len(counts) != 1:
            sizes = sorted(counts)
            raise ValueError(f"vmap: expected all tensors to have one size in the mapped dimension, got sizes {sizes}")
        rows = [
            [arg if column is None else column[i] for arg, column in zip(args, columns, strict=True)]
            for i in range(counts.pop())
        ]
        made = [func(*row, **kwargs) for row in rows]
        return _map_leaves(lambda *ys: _stack(list(ys), out_dims), *made)

    return batched


def _items(arg: Any, dim: Any) -> list[Any] | None:
    """The argument of each item of the batch; None if all share it."""
    leaves, rebuilt = _flatten(arg)
    if dim is None or not leaves or not all(isinstance(x, Tensor) for x in leaves):
        return None
    columns = [_unbind(x, dim) for x in leaves]
    return [rebuilt(list(row)) for row in zip(*columns, strict=True)]


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """What a module gives with other tensors in the place of its parameters and buffers.

    Args:
        module: The module, which is left as it was.
        parameter_and_buffer_dicts: Tensors by their names in the state dict; or several such dicts.
        args: The module's argument, or a tuple of them.
        kwargs: The module's keywords.
        tie_weights: Without effect.
        strict: Refuse names that are missing or too many.

    Raises:
        RuntimeError: With `strict`, for the names that do not fit.
    """
    dicts = parameter_and_buffer_dicts
    merged = dict(dicts) if isinstance(dicts, Mapping) else {k: v for d in dicts for k, v in d.items()}
    given = () if args is None else args if isinstance(args, tuple) else (args,)
    with _replaced(module, merged, strict):
        return module(*given, **(kwargs or {}))


@contextlib.contextmanager
def _replaced(module: Module, tensors: dict[str, Any], strict: bool) -> Iterator[None]:
    slots = {
        f"{prefix}.{name}".removeprefix("."): (slot, name)
        for prefix, part in module.named_modules()
        for slot in (part._parameters, part._buffers)
        for name in slot
    }
    missing, extra = sorted(slots.keys() - tensors.keys()), sorted(tensors.keys() - slots.keys())
    if strict and (missing or extra):
        raise RuntimeError(f"functional_call: missing keys {missing}, unexpected keys {extra}")
    before = {key: slots[key][0][slots[key][1]] for key in tensors if key in slots}
    try:
        for key in before:
            slots[key][0][slots[key][1]] = tensors[key]
        yield
    finally:
        for key, tensor in before.items():
            slots[key][0][slots[key][1]] = tensor


__getattr__ = _missing_from(__name__)
