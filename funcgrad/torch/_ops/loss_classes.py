"""Losses of class indices and class probabilities.

Classes lie along dimension 1, or 0 for a single sample. A target that is out of range is refused where its values are
known, and gives nan where they are not computed yet.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.contraction import tensordot
from funcgrad.torch._ops.known import expect
from funcgrad.torch._ops.loss_reduction import checked_reduction, reduced, static_of
from funcgrad.torch._ops.promotion import scalar_name
from funcgrad.torch._ops.rows import require_tensor
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Equation, Op


def _class_dim(x: Any) -> int:
    return 0 if x.ndim == 1 else 1


def _along_classes(weight: Any, x: Any) -> Any:
    """A weight for each class, in the shape that multiplies scores."""
    return weight.reshape([-1 if d == _class_dim(x) else 1 for d in range(x.ndim)])


def _picked(x: Any, target: Any) -> Any:
    """The score of each target; nan where there is no such class."""
    # A mask rather than a gather, whose gradient would be a scatter: XLA runs that element by element on a CPU.
    dim = _class_dim(x)
    classes = jax.lax.broadcasted_iota(target.dtype, x.shape, dim)
    score = jnp.sum(jnp.where(classes == jnp.expand_dims(target, dim), x, 0), dim)
    return jnp.where((target >= 0) & (target < x.shape[dim]), score, np.nan)


def _surprise(x: Any, target: Any) -> Any:
    """`-log softmax(x)[target]`, from scores less their largest: no digits are lost where that is far from 0."""
    dim = _class_dim(x)
    largest = jax.lax.stop_gradient(jnp.max(x, dim, keepdims=True))
    return jnp.log(jnp.sum(jnp.exp(x - largest), dim)) - (_picked(x, target) - largest.squeeze(dim))


def _weights(target: Any, weight: tuple[Any, ...], ignore_index: int, dtype: Any) -> Any:
    """What each target counts: its class's weight, and 0 if it is to be ignored."""
    counted = target != ignore_index
    return jnp.where(counted, weight[0][jnp.where(counted, target, 0)] if weight else 1, 0).astype(dtype)


def _averaged(losses: Any, weights: Any, reduction: str) -> Any:
    return reduced(losses, reduction) if reduction != "mean" else jnp.sum(losses) / jnp.sum(weights)


def _nll(log_p: Any, target: Any, *weight: Any, ignore_index: int, reduction: str) -> Any:
    """Negative log likelihood of class indices; the mean is weighted."""
    weights = _weights(target, weight, ignore_index, log_p.dtype)
    counted = target != ignore_index
    losses = jnp.where(counted, -_picked(log_p, jnp.where(counted, target, 0)) * weights, 0)
    return _averaged(losses, weights, reduction)


def _cross_entropy(x: Any, target: Any, *weight: Any, ignore_index: int, reduction: str, label_smoothing: float) -> Any:
    weights = _weights(target, weight, ignore_index, x.dtype)
    counted = target != ignore_index
    losses = jnp.where(counted, _surprise(x, jnp.where(counted, target, 0)) * weights, 0)
    hard = _averaged(losses, weights, reduction)
    if label_smoothing == 0:
        return hard
    log_p = jax.nn.log_softmax(x, _class_dim(x))
    scaled = log_p * _along_classes(weight[0], x) if weight else log_p
    smooth = _averaged(jnp.where(counted, -jnp.mean(scaled, _class_dim(x)), 0), weights, reduction)
    return (1 - label_smoothing) * hard + label_smoothing * smooth


def _soft_cross_entropy(x: Any, target: Any, *weight: Any, reduction: str, label_smoothing: float) -> Any:
    dim = _class_dim(x)
    target = target * (1 - label_smoothing) + label_smoothing / x.shape[dim]
    scaled = jax.nn.log_softmax(x, dim) * target
    return reduced(-jnp.sum(scaled * _along_classes(weight[0], x) if weight else scaled, dim), reduction)


def _likelihood_node(equation: Equation) -> str:
    dimensions = len(equation.avals[0].shape)  # pyright: ignore[reportOptionalMemberAccess]
    if dimensions <= 2:
        return "NllLoss"
    is_image = dimensions == 4  # what has another number of places is one, seen as an image
    return "NllLoss2D" if is_image or static_of(equation, "reduction") != "none" else "View"


def _entropy_node(equation: Equation) -> str:
    return "Add" if static_of(equation, "label_smoothing") else _likelihood_node(equation)


def _soft_entropy_node(equation: Equation) -> str:
    return "DivBackward1" if static_of(equation, "reduction") == "mean" else "Neg"


NLL = Op("nll_loss", _nll, label=_likelihood_node)
CROSS_ENTROPY = Op("cross_entropy", _cross_entropy, label=_entropy_node)
SOFT_CROSS_ENTROPY = Op("soft_cross_entropy", _soft_cross_entropy, label=_soft_entropy_node)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Cross entropy of logits against class indices or probabilities.

    Args:
        input: Logits, `[classes]`, `[batch, classes]` or `[batch, classes, ...]`.
        target: Indices of the shape of `input` without its class dimension, or probabilities of its own shape.
        weight: `[classes]`; the mean is weighted by it.
        size_average: Old form of `reduction`.
        ignore_index: Targets of this index are left out of the sum and of the count.
        reduce: Old form of `reduction`.
        reduction: `mean`, `sum` or `none`.
        label_smoothing: Share of the probability that is spread over all classes.

    Raises:
        IndexError: A target is out of bounds.
        ValueError: Batch sizes differ, or the reduction is unknown.
        RuntimeError: The target has the wrong dtype.
    """
    require_tensor(input, "cross_entropy_loss")
    require_tensor(target, "cross_entropy_loss", "target", 2)
    reduction = checked_reduction(reduction, size_average, reduce)
    weights = () if weight is None else (weight,)
    if target._aval.shape == input._aval.shape and input.ndim:
        if not target.dtype.is_floating_point:
            kind = scalar_name(target._aval.dtype)
            raise RuntimeError(f"Expected floating point type for target with class probabilities, got {kind}")
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
        smoothing = _checked_smoothing(label_smoothing)
        _check_weight(input, weight, "cross_entropy: ")
        return apply(SOFT_CROSS_ENTROPY, (reduction, smoothing), input, target, *weights)
    target, smoothing = _checked_target(input, target, ignore_index, weight), _checked_smoothing(label_smoothing)
    return apply(CROSS_ENTROPY, (ignore_index, reduction, smoothing), input, target, *weights)


def _checked_smoothing(share: float) -> float:
    """The share that is spread: none for negative numbers, as in PyTorch."""
    if share > 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {share:g}")
    return max(share, 0.0)


def _check_weight(x: Tensor, weight: Tensor | None, prefix: str = "") -> None:
    """Refuse weights that are not one for each class. Of maps of classes PyTorch asks for their number alone."""
    if weight is None:
        return
    classes = x._aval.shape[0 if x.ndim == 1 else 1]
    if not prefix and x.ndim > 2:
        if weight._aval.size != classes:
            raise RuntimeError("weight tensor should be defined either for all or no classes")
    elif weight._aval.shape != (classes,):
        raise RuntimeError(
            f"{prefix}weight tensor should be defined either for all {classes} classes or no classes but got weight "
            f"tensor of shape: {list(weight.shape)}"
        )
    if not prefix and weight._aval.dtype != x._aval.dtype:
        kinds = scalar_name(x._aval.dtype), scalar_name(weight._aval.dtype)
        raise RuntimeError(f"expected scalar type {kinds[0]} but found {kinds[1]}")


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: Any = None,
) -> Tensor:
    """Cross entropy of a linear layer's logits.

    Args:
        input: `[in]` or `[batch, in]`.
        linear_weight: `[classes, in]`, or `[classes, ..., in]` for several targets.
        target: As for `cross_entropy`; so are the others that follow the bias.
        linear_bias: `[classes]`, `[classes, ...]` or None.
        weight: `[classes]`.
        reduction: `mean`, `sum` or `none`.
        ignore_index: Targets of this index are left out.
        label_smoothing: Share of the probability that is spread over all classes.
        options: How PyTorch splits the work; has no effect.
    """
    _check_linear(input, linear_weight, linear_bias, target, ignore_index)
    logits = tensordot(input, linear_weight, ([-1], [-1]))
    logits = logits if linear_bias is None else logits + linear_bias
    index = -100 if ignore_index is None else ignore_index
    return cross_entropy(logits, target, weight, None, index, None, reduction, label_smoothing)


def _check_linear(x: Tensor, matrix: Tensor, bias: Tensor | None, target: Tensor, ignore_index: int | None) -> None:
    if x.ndim not in (1, 2):
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {x.ndim}")
    if matrix.ndim < 2:
        raise RuntimeError(f"expected linear_weight with dimensionality at least 2, got {matrix.ndim}")
    if x.shape[-1] != matrix.shape[-1]:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), got "
            f"{x.shape[-1]} and {matrix.shape[-1]}, respectively"
        )
    if ignore_index is not None and target.dtype.is_floating_point:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    if matrix.ndim > 2 and x.ndim == 1:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {tuple(matrix.shape)} requires batched input, (N, "
            f"{x.shape[-1]}), got unbatched input with shape {tuple(x.shape)}"
        )
    if bias is not None and bias.shape != matrix.shape[:-1]:
        raise RuntimeError(f"expected linear_bias shape {tuple(matrix.shape[:-1])}, got {tuple(bias.shape)}")


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative log likelihood of class indices, from log probabilities; arguments as for `cross_entropy`."""
    require_tensor(input, "nll_loss_nd")
    require_tensor(target, "nll_loss_nd", "target", 2)
    reduction = checked_reduction(reduction, size_average, reduce)
    target = _checked_target(input, target, ignore_index, weight)
    weights = () if weight is None else (weight,)
    return apply(NLL, (ignore_index, reduction), input, target, *weights)


def _checked_target(x: Tensor, target: Tensor, ignore_index: int, weight: Tensor | None) -> Tensor:
    """Class indices that fit the scores: one for each sample, or for each place of each sample."""
    scores, shape = x._aval.shape, target._aval.shape
    if not scores:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    _check_shape(scores, shape)
    if target._aval.dtype not in (np.int64, np.uint8):
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {scalar_name(target._aval.dtype)}")
    expected = scores[:1] + scores[2:] if len(scores) > 1 else shape
    if shape != expected:
        if len(scores) == 4:
            raise RuntimeError(f"size mismatch (got input: {list(scores)} , target: {list(shape)}")
        raise RuntimeError(f"Expected target size {list(expected)}, got {list(shape)}")
    _check_weight(x, weight)
    classes = scores[0 if len(scores) == 1 else 1]
    expect(target, functools.partial(_check_range, classes=classes, ignore_index=ignore_index))
    return target.reshape(()) if len(scores) == len(shape) else target  # pyright: ignore[reportAttributeAccessIssue]


def _check_shape(scores: tuple[int, ...], target: tuple[int, ...]) -> None:
    """What PyTorch refuses before it looks at the target's dtype."""
    batch = target[0] if target else 0
    if len(scores) == len(target) == 1 != batch:
        raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {batch}")
    if len(scores) > 1 and scores[0] != batch:
        raise ValueError(f"Expected input batch_size ({scores[0]}) to match target batch_size ({batch}).")
    if len(scores) <= 2 and len(target) > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if len(scores) == 4 and len(target) != 3:
        raise RuntimeError(
            f"only batches of spatial targets supported (3D tensors) but got targets of dimension: {len(target)}"
        )


def _check_range(target: np.ndarray, classes: int, ignore_index: int) -> None:
    if target.size and 0 <= target.min() <= target.max() < classes:  # nearly always, and faster
        return
    wrong = target[((target < 0) | (target >= classes)) & (target != ignore_index)]
    if wrong.size:
        raise IndexError(f"Target {wrong.flat[0]} is out of bounds.")
