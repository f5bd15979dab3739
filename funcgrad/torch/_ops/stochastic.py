"""Activations that draw: rrelu and gumbel_softmax, from PyTorch's own stream."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.errors import warn
from funcgrad.torch import _random
from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._in_place import assign, check_writable
from funcgrad.torch._ops.activation import leaky_relu
from funcgrad.torch._ops.dims import dim_of
from funcgrad.torch._ops.promotion import cast
from funcgrad.torch._order import straighten
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch.random import default_generator
from funcgrad.trace import Op, array_of, constant

RRELU = Op("rrelu", lambda x, slopes: x * slopes, saves={0: (1,)}, label="RreluWithNoise")


def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """x above 0, below it x times a slope: drawn from U(lower, upper) in training, else their mean.

    Slopes are drawn for negative elements only, so in training the input's values are computed here.
    """
    for name, bound in (("lower", lower), ("upper", upper)):
        if not math.isfinite(bound):
            raise RuntimeError(f"rrelu: {name} bound must be finite, got {bound:g}")
    if lower > upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    if not training:
        result = leaky_relu(input, (lower + upper) / 2, inplace)
        return result if inplace else straighten(result)
    falls = np.asarray(array_of(value_of(input), "rrelu")) <= 0
    slopes = np.ones(falls.shape, input._aval.dtype)
    slopes[falls] = _random.rrelu_slopes(default_generator, int(falls.sum()), lower, upper, slopes.dtype)
    result = apply(RRELU, (), input, wrap(constant(slopes)))
    if not inplace:
        return result
    check_writable(input)
    return assign(input, result)


def _gumbel(logits: Any, noise: Any, tau: Any, *, dim: int, hard: bool) -> Any:
    soft = jax.nn.softmax((logits + noise) / cast(tau, logits.dtype), dim)
    if not hard:
        return soft
    chosen = jax.nn.one_hot(jnp.argmax(soft, dim), soft.shape[dim], dtype=soft.dtype, axis=dim)
    return chosen - jax.lax.stop_gradient(soft) + soft


GUMBEL_SOFTMAX = Op("gumbel_softmax", _gumbel, label=lambda equation: "Add" if equation.static[1] else "Softmax")


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """A sample of the Gumbel-softmax distribution.

    Args:
        logits: Unnormalised log probabilities.
        tau: Temperature.
        hard: One-hot samples, whose gradient is that of the soft ones.
        eps: Without effect, as in PyTorch.
        dim: The dimension of the classes.
    """
    if eps != 1e-10:
        warn("`eps` parameter is deprecated and has no effect.")
    drawn = _random.exponential(default_generator, logits._aval.shape, 1.0, logits._aval.dtype)
    return apply(GUMBEL_SOFTMAX, (dim_of(dim, logits.ndim), hard), logits, wrap(constant(-np.log(drawn))), float(tau))
