"""Negative log likelihoods under distributions: Bernoulli, Poisson, Gaussian, and relative entropy."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import xlogy

from funcgrad.errors import warn
from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.known import expect, known_values
from funcgrad.torch._ops.loss_reduction import REDUCTIONS, checked_reduction, node_of, reduced, sizes, static_of
from funcgrad.torch._ops.promotion import cast, check_broadcast, common, floating, scalar_name
from funcgrad.torch._ops.rows import require_tensor
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op

_LEAST_LOG = -100.0
_LEAST_VARIANCE = 1e-12


@jax.custom_vjp
def _cross_entropy(p: Any, target: Any) -> Any:
    """`-(t log p + (1 - t) log(1 - p))` with logarithms of at least -100."""
    return (target - 1) * jnp.maximum(jnp.log1p(-p), _LEAST_LOG) - target * jnp.maximum(jnp.log(p), _LEAST_LOG)


def _cross_entropy_gradient(saved: Any, g: Any) -> Any:
    p, target = saved
    logs = jnp.maximum(jnp.log1p(-p), _LEAST_LOG) - jnp.maximum(jnp.log(p), _LEAST_LOG)
    return g * (p - target) / jnp.maximum((1 - p) * p, _LEAST_VARIANCE), g * logs


_cross_entropy.defvjp(lambda p, target: (_cross_entropy(p, target), (p, target)), _cross_entropy_gradient)


def _bce(p: Any, target: Any, *weight: Any, reduction: str) -> Any:
    for other in (target, *weight):
        if other.dtype != p.dtype:
            raise RuntimeError(f"Found dtype {scalar_name(other.dtype)} but expected {scalar_name(p.dtype)}")
    losses = _cross_entropy(p, target)
    return reduced(losses * weight[0] if weight else losses, reduction)


def _bce_with_logits(x: Any, target: Any, *weights: Any, reduction: str, weighted: bool, balanced: bool) -> Any:
    if not jnp.issubdtype(target.dtype, np.inexact):
        raise RuntimeError(
            f"result type {scalar_name(x.dtype)} can't be cast to the desired output type {scalar_name(target.dtype)}"
        )
    of_true = 1 + (weights[-1] - 1) * target if balanced else 1
    losses = (1 - target) * x - of_true * jax.nn.log_sigmoid(x)
    return reduced(losses * weights[0] if weighted else losses, reduction)


def _kl_div(x: Any, target: Any, *, reduction: str, log_target: bool) -> Any:
    losses = jnp.exp(target) * (target - x) if log_target else xlogy(target, target) - target * x
    if reduction == "batchmean":
        return jnp.sum(losses) / (x.shape[0] if x.ndim else 1)
    return reduced(losses, reduction)


def _poisson(x: Any, target: Any, eps: Any, *, log_input: bool, full: bool, reduction: str) -> Any:
    # Each operation has the dtype of its own operands, as in PyTorch, where this is several operators.
    if log_input:
        losses = _difference(jnp.exp(cast(x, floating(x.dtype))), _product(target, x))
    else:
        of_float = cast(x, floating(x.dtype))
        losses = _difference(x, _product(target, jnp.log(of_float + cast(eps, of_float.dtype))))
    if full:
        stirling = _stirling(cast(target, floating(target.dtype)))
        losses = common(jnp.add)(losses, stirling).astype(losses.dtype)
    return reduced(losses, reduction)


_difference, _product = common(jnp.subtract), common(jnp.multiply)


def _stirling(target: Any) -> Any:
    """Logarithms of factorials, about, in the targets' own dtype; 0 up to 1."""
    above_one = jnp.where(target > 1, target, 1)
    logarithms = target * jnp.log(above_one) - target + 0.5 * jnp.log(2 * math.pi * above_one)
    return jnp.where(target > 1, logarithms, 0)


def _gaussian(x: Any, target: Any, var: Any, eps: Any, *, full: bool, reduction: str) -> Any:
    # The clamp is outside PyTorch's graph: below the bound the gradient is that of the bound.
    var = var + jax.lax.stop_gradient(jnp.maximum(var, cast(eps, x.dtype)) - var)
    losses = 0.5 * (jnp.log(var) + jnp.square(x - target) / var)
    return reduced(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


def _all_within_unit(x: Any) -> Any:
    return ((x >= 0) & (x <= 1)).all()


WITHIN_UNIT = Op("all_within_unit", _all_within_unit)
BCE = Op("binary_cross_entropy", _bce)
BCE_WITH_LOGITS = Op("binary_cross_entropy_with_logits", _bce_with_logits)
KL_DIV = Op(
    "kl_div",
    common(_kl_div),
    label=node_of(lambda equation: "Mul" if static_of(equation, "log_target") else "Sub"),
)
POISSON = Op(
    "poisson_nll_loss",
    _poisson,
    label=node_of(lambda equation: "Add" if static_of(equation, "full") else "Sub"),
)
GAUSSIAN = Op(
    "gaussian_nll_loss",
    common(_gaussian),
    label=node_of(lambda equation: "Add" if static_of(equation, "full") else "Mul"),
)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Cross entropy of probabilities against targets between 0 and 1; logarithms are at least -100.

    Args:
        input: Probabilities.
        target: The same shape and dtype.
        weight: A factor for each loss, broadcast.
        size_average: Old form of `reduction`.
        reduce: Old form of `reduction`.
        reduction: `mean`, `sum` or `none`.

    Raises:
        ValueError: The shapes differ, or the reduction is unknown.
        RuntimeError: Another dtype, or an input that is no probability.
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if sizes(target) != sizes(input):
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}) is deprecated. "
            "Please ensure they have the same size."
        )
    _expect_probabilities(input)
    return apply(BCE, (reduction,), input, target, *(() if weight is None else (weight,)))


def _expect_probabilities(x: Tensor) -> None:
    def check(holds: Any) -> None:
        if not holds:
            raise RuntimeError("all elements of input should be between 0 and 1")

    known = known_values(x)
    if known is not None:
        check(_all_within_unit(known))
    else:  # of many pending elements only the answer is brought here
        expect(apply(WITHIN_UNIT, (), x.detach()), check)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Cross entropy of the sigmoid of logits, exact for large ones.

    Args:
        input: Logits.
        target: Targets between 0 and 1, of the same shape.
        weight: A factor for each loss, broadcast.
        size_average: Old form of `reduction`.
        reduce: Old form of `reduction`.
        reduction: `mean`, `sum` or `none`.
        pos_weight: A factor for the part of the target, broadcast.

    Raises:
        ValueError: The shapes differ, or the reduction is unknown.
        RuntimeError: An integer target.
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if sizes(target) != sizes(input):
        raise ValueError(f"Target size ({target.shape}) must be the same as input size ({input.shape})")
    weights = [w for w in (weight, pos_weight) if w is not None]
    static = (reduction, weight is not None, pos_weight is not None)
    return apply(BCE_WITH_LOGITS, static, input, target, *weights)


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """Relative entropy of `target` to a distribution given by its logarithms.

    Args:
        input: Log probabilities.
        target: Probabilities, or log probabilities with `log_target`.
        size_average: Old form of `reduction`.
        reduce: Old form of `reduction`.
        reduction: `batchmean`, which divides the sum by the batch; `mean` divides by all elements.
        log_target: What `target` is.
    """
    require_tensor(input, "kl_div")
    require_tensor(target, "kl_div", "target", 2)
    if size_average is None and reduce is None and reduction == "mean":
        warn(_MEAN_OF_KL)
    if reduction != "batchmean":
        reduction = checked_reduction(reduction, size_average, reduce)
    return apply(KL_DIV, (reduction, log_target), input, target)


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative log likelihood under Poisson distributions of expectation `exp(input)`.

    Args:
        input: Logarithms of expectations, or expectations without `log_input`.
        target: Counts.
        log_input: What `input` is.
        full: Whether to add Stirling's approximation of the constant term.
        size_average: Old form of `reduction`.
        eps: Added to an expectation before its logarithm is taken.
        reduce: Old form of `reduction`.
        reduction: `mean`, `sum` or `none`.
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    check_broadcast((target, input))
    return apply(POISSON, (log_input, full, reduction), input, target, float(eps))


def gaussian_nll_loss(
    input: Tensor, target: Tensor, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """Negative log likelihood under Gaussian distributions of mean `input` and variance `var`.

    Args:
        input: Means.
        target: Samples.
        var: Variances: a number, the shape of `input`, or that shape with the last dimension 1 or left out.
        full: Whether to add the constant term.
        eps: Variances are at least this.
        reduction: `mean`, `sum` or `none`.

    Raises:
        ValueError: A variance is negative, its shape does not fit, or the reduction is unknown.
    """
    if isinstance(var, Tensor):
        expect(var.detach(), _check_variances)
        var = _fitting(var, input)
    else:
        _check_variances(np.asarray(var))
    if reduction not in REDUCTIONS:
        raise ValueError(f"{reduction} is not valid")
    return apply(GAUSSIAN, (full, reduction), input, target, var, float(eps))


def _check_variances(var: np.ndarray) -> None:
    if np.any(var < 0):
        raise ValueError("var has negative entry/entries")


def _fitting(var: Tensor, x: Tensor) -> Tensor:
    if var.shape == x.shape:
        return var
    if x.shape[:-1] == var.shape:
        return var.unsqueeze(-1)
    if var.ndim == x.ndim and sum(b for a, b in zip(x.shape, var.shape, strict=True) if a != b) == 1:
        return var
    raise ValueError("var is of incorrect size")


_MEAN_OF_KL = (
    "reduction: 'mean' divides the total loss by both the batch size and the support size.'batchmean' divides only by "
    "the batch size, and aligns with the KL div math definition.'mean' will be changed to behave the same as "
    "'batchmean' in the next major release."
)
