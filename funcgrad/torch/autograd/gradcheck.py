"""torch.autograd.gradcheck: gradients against finite differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from funcgrad.torch._engine import gradients
from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._ops.conversion import host_array
from funcgrad.torch._ops.creation import as_tensor, empty
from funcgrad.torch._ops.pieces import unbind
from funcgrad.torch._ops.shape import reshape
from funcgrad.torch._tensor import Tensor


class GradcheckError(RuntimeError):
    """A gradient is not the finite difference."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    **options: Any,
) -> bool:
    """Whether the gradients of a function are its finite differences.

    Args:
        func: Takes tensors, gives a tensor or a tuple of them.
        inputs: A tensor or a tuple of them; those that require grad are checked, and should be float64.
        eps: Step of the differences.
        atol: Absolute bound.
        rtol: Relative bound.
        raise_exception: Raise rather than return False.
        options: PyTorch's other options, which have no effect.

    Raises:
        ValueError: No input requires grad.
        GradcheckError: A gradient is off.
    """
    given = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    chosen = [k for k, x in enumerate(given) if isinstance(x, Tensor) and x.requires_grad]
    if not chosen:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them have "
            "requires_grad=True."
        )
    outputs = [y for y in _outputs(func, given) if y.requires_grad]
    for k in chosen:
        numerical = _differences(func, given, k, eps)
        for number, (y, slopes) in enumerate(zip(outputs, numerical, strict=True)):
            analytical = _jacobian(y, given[k])
            if not np.allclose(analytical, slopes, rtol, atol):
                if not raise_exception:
                    return False
                raise GradcheckError(
                    f"Jacobian mismatch for output {number} with respect to input {k},\n"
                    f"numerical:{as_tensor(slopes)}\nanalytical:{as_tensor(analytical)}\n"
                )
    return True


def gradgradcheck(func: Callable[..., Any], inputs: Any, grad_outputs: Any = None, **options: Any) -> bool:
    """`gradcheck` of the gradients of a function, as functions of its inputs and of the vectors that they start from.

    Args:
        func: Takes tensors, gives a tensor or a tuple of them.
        inputs: A tensor or a tuple of them.
        grad_outputs: The vectors of the first derivatives; drawn from [-1, 1) by default, as PyTorch draws them.
        options: As for `gradcheck`.
    """
    given = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    seeds = _seeds(_outputs(func, given)) if grad_outputs is None else _outputs(lambda: grad_outputs, ())

    def first(*args: Any) -> tuple[Tensor, ...]:
        xs, starts = args[: len(given)], args[len(given) :]
        ys = [y for y in _outputs(func, xs) if y.requires_grad]
        ends = [x for x in xs if isinstance(x, Tensor) and x.requires_grad]
        return tuple(g for g in gradients(ys, ends, list(starts), True, True, True, False) if g is not None)

    return gradcheck(first, (*given, *seeds), **options)


def _seeds(outputs: tuple[Tensor, ...]) -> list[Tensor]:
    drawn = (empty(*y.shape, dtype=y.dtype).uniform_(-1, 1) for y in outputs if y.requires_grad)
    return [seed.requires_grad_() for seed in drawn]


def _outputs(func: Callable[..., Any], given: tuple[Any, ...]) -> tuple[Tensor, ...]:
    made = func(*given)
    return tuple(made) if isinstance(made, tuple | list) else (made,)


def _jacobian(y: Tensor, x: Tensor) -> np.ndarray:
    """`[inputs, outputs]`."""
    rows = [gradients([e], [x], [None], True, False, True, True)[0] for e in unbind(reshape(y, (-1,)))]
    columns = [host_array(row, "gradcheck").reshape(-1) for row in rows if row is not None]
    return np.stack(columns, 1) if columns else np.zeros((x._aval.size, 0))


def _differences(func: Callable[..., Any], given: tuple[Any, ...], k: int, eps: float) -> list[np.ndarray]:
    """For each output that takes part, `[inputs, outputs]`."""
    x = np.array(host_array(given[k], "gradcheck"))
    slopes = [_difference(func, given, k, x, place, eps) for place in range(x.size)]
    return [np.stack(rows) for rows in zip(*slopes, strict=True)]


def _difference(
    func: Callable[..., Any], given: tuple[Any, ...], k: int, x: np.ndarray, place: int, eps: float
) -> list[np.ndarray]:
    ends: list[list[np.ndarray]] = []
    for step in (eps, -eps):
        moved = x.copy()
        moved.reshape(-1)[place] += step
        point = as_tensor(moved).requires_grad_()
        made = _outputs(func, (*given[:k], point, *given[k + 1 :]))
        with no_grad():
            ends.append([host_array(y, "gradcheck").reshape(-1).copy() for y in made if y.requires_grad])
    return [(above - below) / (2 * eps) for above, below in zip(*ends, strict=True)]
