"""Random tensors whose parameters are tensors: gamma, Poisson and binomial draws from PyTorch's streams.

Gamma draws have a gradient: that of the quantile function, at the probability that was drawn.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.conversion import host_array
from funcgrad.torch._ops.rows import Row
from funcgrad.torch._random.counts import binomial as draw_binomial
from funcgrad.torch._random.counts import poisson as draw_poisson
from funcgrad.torch._random.gamma import standard_gamma as draw_gamma
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch.random import default_generator
from funcgrad.trace import Op, constant


@jax.custom_jvp
def _gamma(concentration: Any, drawn: Any) -> Any:
    return drawn


@_gamma.defjvp
def _gamma_jvp(primals: Any, tangents: Any) -> Any:
    concentration, drawn = primals
    slope = jax.lax.random_gamma_grad(concentration, drawn)  # pyright: ignore[reportCallIssue] - jax adds the dtype
    return drawn, tangents[0] * slope


STANDARD_GAMMA = Op("standard_gamma", _gamma)
IGAMMA = Op("igamma", jax.scipy.special.gammainc)


def standard_gamma(input: Tensor, generator: Any = None) -> Tensor:
    """Gamma draws of rate 1 for each concentration."""
    drawn = draw_gamma(generator or default_generator, host_array(input, "standard_gamma"))
    return apply(STANDARD_GAMMA, (), input, wrap(constant(drawn)))


def poisson(input: Tensor, generator: Any = None) -> Tensor:
    """Poisson draws for each rate.

    Raises:
        RuntimeError: A rate is negative or nan.
    """
    rate = host_array(input, "poisson")
    if not (rate >= 0).all():
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    return wrap(constant(draw_poisson(generator or default_generator, rate)))


def binomial(count: Tensor, prob: Tensor, generator: Any = None) -> Tensor:
    """Binomial draws: successes in `count` trials of probability `prob`."""
    trials, chances = np.broadcast_arrays(host_array(count, "binomial"), host_array(prob, "binomial"))
    return wrap(constant(draw_binomial(generator or default_generator, trials, chances)))


ROWS = (
    Row("poisson", poisson, method=False),
    Row("binomial", binomial, method=False),
    Row("_standard_gamma", standard_gamma, method=False),
)
