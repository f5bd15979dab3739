"""Histograms with their bin edges, and the next floating-point number."""

from __future__ import annotations

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.bins import check_range_of_data
from funcgrad.torch._ops.known import expect
from funcgrad.torch._ops.promotion import common, no_derivative, refuse
from funcgrad.torch._ops.results import named_result
from funcgrad.torch._ops.rows import Row, of_tensors
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op, rolled

HISTOGRAM = named_result("histogram", "hist", "bin_edges")


def _counts(x: Any, edges: Any, *weight: Any, density: bool) -> tuple[Any, Any]:
    x = x.reshape(-1)
    weights = weight[0].reshape(-1) if weight else jnp.ones_like(x)
    place = rolled(jnp.searchsorted)(edges, x, "right") - 1
    place = jnp.where(x == edges[-1], edges.size - 2, place)  # the last bin is closed
    inside = (x >= edges[0]) & (x <= edges[-1])
    counts = jnp.zeros(edges.size - 1, x.dtype).at[jnp.where(inside, place, 0)].add(jnp.where(inside, weights, 0))
    return (counts / jnp.sum(counts) / jnp.diff(edges) if density else counts), edges


def _even_counts(x: Any, low: Any, high: Any, *weight: Any, bins: int, whole: bool, density: bool) -> tuple[Any, Any]:
    low, high = (jnp.min(x), jnp.max(x)) if whole else (low.value.astype(x.dtype), high.value.astype(x.dtype))
    widening = jnp.where(low == high, jnp.asarray(0.5, x.dtype), jnp.asarray(0, x.dtype))
    edges = jnp.linspace(low - widening, high + widening, bins + 1, dtype=x.dtype)
    return _counts(x, edges, *weight, density=density)


def _without_derivative(function: Any, **static: Any) -> Any:
    return no_derivative("aten::histogram", refuse("histogramdd", "bic", lambda *a: function(*a, **static)))


def _histogram(x: Any, edges: Any, *weight: Any, density: bool) -> Any:
    return _without_derivative(_counts, density=density)(x, edges, *weight)


def _even_histogram(x: Any, low: Any, high: Any, *weight: Any, bins: int, whole: bool, density: bool) -> Any:
    def counted(x: Any, *weight: Any) -> Any:
        return _even_counts(x, low, high, *weight, bins=bins, whole=whole, density=density)

    return _without_derivative(counted)(x, *weight)


BY_EDGES = Op("histogram", _histogram, label="NotImplemented")
EVEN = Op("even_histogram", _even_histogram, label="NotImplemented")


def histogram(
    input: Tensor, bins: Any = 100, *, range: Any = None, weight: Tensor | None = None, density: bool = False
) -> Any:
    """How many elements lie in each bin.

    Args:
        input: Numbers.
        bins: How many bins of equal width, or their edges, `[bins + 1]`.
        range: The first and the last edge of equal bins; those of the data if None.
        weight: What each element counts.
        density: Divide, so that the integral is 1.

    Returns:
        `hist`, `[bins]`, and `bin_edges`, `[bins + 1]`.

    Raises:
        RuntimeError: No bins, or a range whose ends are exchanged or not finite.
    """
    weights = () if weight is None else (weight,)
    if isinstance(bins, Tensor):
        return HISTOGRAM(apply(BY_EDGES, (density,), input, bins, *weights))
    low, high = (0.0, 0.0) if range is None else map(float, range)
    if bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")
    if range is None:
        text = "torch.histogramdd: dimension 0's range [{:g}, {:g}] is not finite"
        expect(input, functools.partial(check_range_of_data, text=text))
    elif not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"torch.histogramdd: dimension 0's range [{low:g}, {high:g}] is not finite")
    if low > high:
        raise RuntimeError(
            f"torch.histogramdd: min should not exceed max, but got min {low:g} max {high:g} for dimension 0"
        )
    return HISTOGRAM(apply(EVEN, (bins, range is None, density), input, low, high, *weights))


@jax.custom_jvp
def _next(x: Any, y: Any) -> Any:
    return jnp.nextafter(x, y)


@_next.defjvp
def _next_derivative(primals: Any, tangents: Any) -> Any:
    x, y = primals
    return _next(x, y), jnp.where(x == y, 0, tangents[0])


NEXTAFTER = Op("nextafter", common(refuse("nextafter_cpu", "bic", _next)))

ROWS = (
    Row("histogram", histogram),
    of_tensors("nextafter", NEXTAFTER, inplace=True),
)
