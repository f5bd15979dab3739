"""torch.autograd.gradcheck: gradients against finite differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from funcgrad.torch._engine import gradients
from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._ops.complex_parts import view_as_real
from funcgrad.torch._ops.conversion import host_array
from funcgrad.torch._ops.creation import as_tensor, empty, zeros
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.autograd.forward_ad import dual_level, make_dual, unpack_dual


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
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
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
        check_forward_ad: Check the derivatives of forward mode.
        check_backward_ad: Check those of backward mode.
        options: PyTorch's other options, which have no effect.

    Raises:
        ValueError: No input requires grad.
        AssertionError: Nothing is to be checked.
        GradcheckError: A gradient is off.
    """
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError("Expected at least one of check_forward_ad or check_backward_ad to be True")
    given = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    chosen = [k for k, x in enumerate(given) if isinstance(x, Tensor) and x.requires_grad]
    if not chosen:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them have "
            "requires_grad=True."
        )
    mismatch = None
    if check_forward_ad:
        mismatch = _mismatch_forward(func, given, chosen, eps, (rtol, atol))
    if check_backward_ad and mismatch is None:
        mismatch = _mismatch_backward(func, given, chosen, eps, (rtol, atol))
    if mismatch is not None and raise_exception:
        raise GradcheckError(mismatch)
    return mismatch is None


def _mismatch_forward(
    func: Callable[..., Any], given: tuple[Any, ...], chosen: list[int], eps: float, bounds: tuple[float, float]
) -> str | None:
    outputs = [y for y in _outputs(func, given) if y.requires_grad]
    for k in chosen:
        pairs = zip(_pushed(func, given, k, outputs), _differences(func, given, k, eps), strict=True)
        for number, (analytical, slopes) in enumerate(pairs):
            if not np.allclose(analytical, slopes, *bounds):
                return _text("Jacobian computed with forward mode mismatch", number, k, slopes, analytical)
    return None


def _mismatch_backward(
    func: Callable[..., Any], given: tuple[Any, ...], chosen: list[int], eps: float, bounds: tuple[float, float]
) -> str | None:
    """What is wrong with the first gradient that is off: complex outputs are two real ones, as PyTorch has it."""
    is_complex = [y.is_complex() for y in _outputs(func, given) if y.requires_grad]
    for name, part in (("imaginary", _imaginary), ("real", _real)) if any(is_complex) else (("", _whole),):

        def of_part(*args: Any, part: Callable[[Tensor], Tensor] = part) -> tuple[Tensor, ...]:
            return tuple(part(y) if y.is_complex() else y for y in _outputs(func, args))

        outputs = [y for y in of_part(*given) if y.requires_grad]
        slopes = {k: _conjugate_differences(of_part, given, k, eps) for k in chosen}
        for number, y in enumerate(outputs):
            where = f"While considering the {name} part of complex outputs only, " if is_complex[number] else ""
            for k in chosen:
                analytical, slope = _jacobian(y, given[k]), slopes[k][number]
                if not np.allclose(analytical, slope, *bounds):
                    return _text(f"{where}Jacobian mismatch", number, k, slope, analytical)
    return None


def _text(what: str, number: int, k: int, slopes: np.ndarray, analytical: np.ndarray) -> str:
    return (
        f"{what} for output {number} with respect to input {k},\n"
        f"numerical:{as_tensor(slopes)}\nanalytical:{as_tensor(analytical)}\n"
    )


def _real(y: Tensor) -> Tensor:
    return y.real


def _imaginary(y: Tensor) -> Tensor:
    return y.imag


def _whole(y: Tensor) -> Tensor:
    return y


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
    seeds = [empty(*y.shape, dtype=y.dtype) for y in outputs if y.requires_grad]
    for seed in seeds:
        (view_as_real(seed) if seed.is_complex() else seed).uniform_(-1, 1)
    return [seed.requires_grad_() for seed in seeds]


def _outputs(func: Callable[..., Any], given: tuple[Any, ...]) -> tuple[Tensor, ...]:
    made = func(*given)
    return tuple(made) if isinstance(made, tuple | list) else (made,)


def _jacobian(y: Tensor, x: Tensor) -> np.ndarray:
    """`[inputs, outputs]`."""
    seeds = np.eye(y._aval.size, dtype=y._aval.dtype).reshape(-1, *y.shape)
    rows = [gradients([y], [x], [as_tensor(seed)], True, False, True, True)[0] for seed in seeds]
    columns = [host_array(row, "gradcheck").reshape(-1) for row in rows if row is not None]
    return np.stack(columns, 1) if columns else np.zeros((x._aval.size, 0))


def _pushed(func: Callable[..., Any], given: tuple[Any, ...], k: int, outputs: list[Tensor]) -> list[np.ndarray]:
    """For each output, `[inputs, outputs]`, a row for each direction that forward mode pushes through the function."""
    x = given[k]
    directions = np.eye(x._aval.size, dtype=x._aval.dtype).reshape(-1, *x._aval.shape)
    rows = [_tangents(func, given, k, as_tensor(direction)) for direction in directions]
    return (
        [np.stack(of_one) for of_one in zip(*rows, strict=True)]
        if rows
        else [np.zeros((0, y.numel())) for y in outputs]
    )


def _tangents(func: Callable[..., Any], given: tuple[Any, ...], k: int, direction: Tensor) -> list[np.ndarray]:
    with dual_level():
        made = _outputs(func, (*given[:k], make_dual(given[k], direction), *given[k + 1 :]))
        pairs = [unpack_dual(y) for y in made if y.requires_grad]
        tangents = [zeros(y.primal.shape) if y.tangent is None else y.tangent for y in pairs]
        return [host_array(tangent, "gradcheck").reshape(-1) for tangent in tangents]


def _differences(func: Callable[..., Any], given: tuple[Any, ...], k: int, step: complex) -> list[np.ndarray]:
    """For each output that takes part, `[inputs, outputs]`."""
    x = np.array(host_array(given[k], "gradcheck"))
    slopes = [_difference(func, given, k, x, place, step) for place in range(x.size)]
    return [np.stack(rows) for rows in zip(*slopes, strict=True)]


def _conjugate_differences(func: Callable[..., Any], given: tuple[Any, ...], k: int, eps: float) -> list[np.ndarray]:
    """For each real output, `[inputs, outputs]`: along the real axis, plus i times along the imaginary one."""
    slopes = _differences(func, given, k, eps)
    if not given[k].is_complex():
        return slopes
    return [real - turned for real, turned in zip(slopes, _differences(func, given, k, eps * 1j), strict=True)]


def _difference(
    func: Callable[..., Any], given: tuple[Any, ...], k: int, x: np.ndarray, place: int, size: complex
) -> list[np.ndarray]:
    ends: list[list[np.ndarray]] = []
    for step in (size, -size):
        moved = x.copy()
        moved.reshape(-1)[place] += step
        point = as_tensor(moved).requires_grad_()
        made = _outputs(func, (*given[:k], point, *given[k + 1 :]))
        with no_grad():
            ends.append([host_array(y, "gradcheck").reshape(-1).copy() for y in made if y.requires_grad])
    return [(above - below) / (2 * size) for above, below in zip(*ends, strict=True)]
