"""Batching: a function of one item applied to each of a batch, one call an item, all in one program."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from funcgrad.torch._ops.joining import stack
from funcgrad.torch._ops.pieces import unbind
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._trees import flatten
from funcgrad.torch.random import default_generator

_RANDOM = (
    "vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' "
    "randomness flags on vmap or perform the randomness operation out of vmap"
)


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
        func: Takes tensors of one item, or trees of them.
        in_dims: The dimension of the batch in each argument, as a tree or the beginning of one; None for what all
            items share.
        out_dims: Where the batch stands in the results, likewise.
        randomness: What random operations do: `"error"`, `"different"` numbers for each item, or the `"same"`.
        chunk_size: Without effect.

    Raises:
        ValueError: From the returned function, if dimensions do not fit, or sizes differ.
        RuntimeError: From the returned function, if it draws random numbers that `randomness` does not allow.
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")
    if chunk_size is not None and chunk_size < 1:
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @functools.wraps(func)
    def batched(*args: Any, **kwargs: Any) -> Any:
        rows = _rows(_name(func), in_dims, args)
        start, made = default_generator.state_bytes(), []
        for row in rows:
            made.append(func(*row, **kwargs))
            if randomness == "different" or default_generator.state_bytes().tobytes() == start.tobytes():
                continue
            if randomness == "error":
                raise RuntimeError(_RANDOM)
            if len(made) < len(rows):
                default_generator.set_state_bytes(start)
        return _joined(_name(func), made, out_dims)

    return batched


def _rows(name: str, in_dims: Any, args: tuple[Any, ...]) -> list[Any]:
    """The arguments of each item."""
    who = f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): "
    if not isinstance(in_dims, int | tuple):
        raise ValueError(
            f"{who}expected `in_dims` to be int or a (potentially nested) tuple matching the structure of inputs, got: "
            f"{type(in_dims)}."
        )
    if not args:
        raise ValueError(
            f"vmap({name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a "
            "function with no inputs. The latter is unsupported."
        )
    leaves, rebuilt = flatten(args)
    dims = _spread(in_dims, args)
    if dims is None:
        raise ValueError(f"{who}in_dims is not compatible with the structure of `inputs`.")
    for dim, x in zip(dims, leaves, strict=True):
        _check_dim(who, dim, x)
    sizes = [x.shape[dim] for dim, x in zip(dims, leaves, strict=True) if dim is not None]
    if not sizes:
        raise ValueError("vmap: Expected at least one Tensor to vmap over")
    if len(set(sizes)) > 1:
        raise ValueError(
            f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {sizes} for the "
            "mapped dimension"
        )
    columns = [[x] * sizes[0] if dim is None else unbind(x, dim) for dim, x in zip(dims, leaves, strict=True)]
    return [rebuilt(list(row)) for row in zip(*columns, strict=True)]


def _check_dim(who: str, dim: Any, x: Any) -> None:
    if dim is None:
        return
    if not isinstance(dim, int):
        raise ValueError(f"{who}Got in_dim={dim} for an input but in_dim must be either an integer dimension or None.")
    if not isinstance(x, Tensor):
        raise ValueError(
            f"{who}Got in_dim={dim} for an input but the input is of type {type(x)}. We cannot vmap over non-Tensor "
            "arguments, please use None as the respective in_dim"
        )
    if not -x.ndim <= dim < x.ndim:
        raise ValueError(
            f"{who}Got in_dim={dim} for some input, but that input is a Tensor of dimensionality {x.ndim} so expected "
            f"in_dim to satisfy -{x.ndim} <= in_dim < {x.ndim}."
        )


def _spread(dims: Any, tree: Any) -> list[Any] | None:
    """The dimension for each leaf of a tree, from the beginning of such a tree; None if it is none."""
    if dims is None or isinstance(dims, int):
        return [dims] * len(flatten(tree)[0])
    if isinstance(dims, dict) and isinstance(tree, dict) and dims.keys() == tree.keys():
        parts = [_spread(dims[key], tree[key]) for key in tree]
    elif isinstance(dims, tuple | list) and isinstance(tree, tuple | list) and len(dims) == len(tree):
        parts = [_spread(dim, part) for dim, part in zip(dims, tree, strict=True)]
    else:
        return None
    return None if None in parts else [dim for part in parts if part is not None for dim in part]


def _joined(name: str, made: list[Any], out_dims: Any) -> Any:
    """One tree of batches from a tree of each item."""
    leaves, rebuilt = flatten(made[0])
    for x in leaves:
        if not isinstance(x, Tensor):
            raise ValueError(
                f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(x)}. Did you mean to set "
                "out_dims= to None for output?"
            )
    dims = _spread(out_dims, made[0])
    if dims is None:
        raise ValueError(
            f"vmap({name}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible with the structure of "
            "`outputs`."
        )
    columns = zip(*[flatten(tree)[0] for tree in made], strict=True)
    return rebuilt([ys[0] if dim is None else stack(list(ys), dim) for dim, ys in zip(dims, columns, strict=True)])


def _name(func: Any) -> str:
    return getattr(func, "__name__", repr(func))
