"""Divergences between different families: -H(p) - E_p[log q], infinite where p reaches beyond the support of q."""

from __future__ import annotations

import math
from typing import Any

from funcgrad.torch._tensor import Tensor
from funcgrad.torch.distributions.beta import Beta
from funcgrad.torch.distributions.continuous_bernoulli import ContinuousBernoulli
from funcgrad.torch.distributions.exponential import Exponential
from funcgrad.torch.distributions.gamma import Gamma
from funcgrad.torch.distributions.gumbel import Gumbel
from funcgrad.torch.distributions.kl import moments_normal, multivariate_normal, register_kl, unbounded
from funcgrad.torch.distributions.laplace import Laplace
from funcgrad.torch.distributions.lowrank_multivariate_normal import LowRankMultivariateNormal
from funcgrad.torch.distributions.multivariate_normal import MultivariateNormal
from funcgrad.torch.distributions.normal import Normal
from funcgrad.torch.distributions.pareto import Pareto
from funcgrad.torch.distributions.uniform import Uniform

_INFINITE = (
    *((p, q) for p in (Normal, Laplace, Gumbel) for q in (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto)),
    *((p, q) for p in (Exponential, Gamma) for q in (Beta, ContinuousBernoulli, Pareto)),
    *((Pareto, q) for q in (Beta, ContinuousBernoulli, Uniform)),
    *((p, Pareto) for p in (Beta, ContinuousBernoulli)),
)
for _p, _q in _INFINITE:
    register_kl(_p, _q)(unbounded)
for _p in (ContinuousBernoulli, Pareto):
    register_kl(_p, Normal)(moments_normal)


# What is expected of a number under p: its logarithm, that of its distance from 1, its exponential.


def _log_mean(p: Any) -> Tensor:
    """E[log x]."""
    if isinstance(p, Beta):
        return p.concentration1.digamma() - (p.concentration1 + p.concentration0).digamma()
    if isinstance(p, Pareto):
        return p.scale.log() + 1 / p.alpha
    return (_x_log_x(p.high) - _x_log_x(p.low)) / (p.high - p.low) - 1


def _x_log_x(x: Tensor) -> Tensor:
    return x * x.log().masked_fill(x.eq(0), 0)


def _decay(p: Any, rate: Tensor) -> Tensor:
    """E[exp(-rate x)]."""
    if isinstance(p, Uniform):
        return ((-rate * p.low).exp() - (-rate * p.high).exp()) / (rate * (p.high - p.low))
    power: Any = p.concentration if isinstance(p, Gamma) else 1
    return (p.rate / (p.rate + rate)).pow(power)


def _below_zero(p: Any, result: Tensor) -> Tensor:
    """The divergence to a density of positive numbers."""
    return result.masked_fill(p.low < 0, math.inf) if isinstance(p, Uniform) else result


@register_kl(Beta, Exponential)
@register_kl(ContinuousBernoulli, Exponential)
@register_kl(Pareto, Exponential)
@register_kl(Uniform, Exponential)
def _to_exponential(p: Any, q: Exponential) -> Tensor:
    return _below_zero(p, q.rate * p.mean - q.rate.log() - p.entropy())


@register_kl(Beta, Gamma)
@register_kl(Pareto, Gamma)
@register_kl(Uniform, Gamma)
def _to_gamma(p: Any, q: Gamma) -> Tensor:
    a = q.concentration
    expected = a * q.rate.log() - a.lgamma() + (a - 1) * _log_mean(p) - q.rate * p.mean
    return _below_zero(p, -p.entropy() - expected)


@register_kl(Exponential, Gumbel)
@register_kl(Gamma, Gumbel)
@register_kl(Uniform, Gumbel)
def _to_gumbel(p: Any, q: Gumbel) -> Tensor:
    decayed = (q.loc / q.scale).exp() * _decay(p, 1 / q.scale)
    return q.scale.log() + (p.mean - q.loc) / q.scale + decayed - p.entropy()


@register_kl(Beta, ContinuousBernoulli)
def _beta_continuous_bernoulli(p: Any, q: ContinuousBernoulli) -> Tensor:
    return -p.entropy() - p.mean * q.logits - (-q.probs).log1p() - q._log_norm()


@register_kl(Uniform, ContinuousBernoulli)
def _uniform_continuous_bernoulli(p: Uniform, q: ContinuousBernoulli) -> Tensor:
    """Infinite up to the bounds, as PyTorch has it."""
    return _beta_continuous_bernoulli(p, q).masked_fill((p.high >= 1) | (p.low <= 0), math.inf)


@register_kl(Beta, Uniform)
def _beta_uniform(p: Beta, q: Uniform) -> Tensor:
    return ((q.high - q.low).log() - p.entropy()).masked_fill((q.low > 0) | (q.high < 1), math.inf)


@register_kl(ContinuousBernoulli, Uniform)
def _continuous_bernoulli_uniform(p: ContinuousBernoulli, q: Uniform) -> Tensor:
    """Infinite up to the bounds, as PyTorch has it."""
    return ((q.high - q.low).log() - p.entropy()).masked_fill((q.low >= 0) | (q.high <= 1), math.inf)


@register_kl(Uniform, Beta)
def _uniform_beta(p: Uniform, q: Beta) -> Tensor:
    a, b = q.concentration1, q.concentration0
    of_rest = (_x_log_x(1 - p.low) - _x_log_x(1 - p.high)) / (p.high - p.low) - 1
    expected = (a + b).lgamma() - a.lgamma() - b.lgamma() + (a - 1) * _log_mean(p) + (b - 1) * of_rest
    return (-p.entropy() - expected).masked_fill((p.high > 1) | (p.low < 0), math.inf)


@register_kl(Uniform, Pareto)
def _uniform_pareto(p: Uniform, q: Pareto) -> Tensor:
    return _to_pareto(p, q).masked_fill(p.low < q.scale, math.inf)


@register_kl(Pareto, Pareto)
def _pareto_pareto(p: Pareto, q: Pareto) -> Tensor:
    return _to_pareto(p, q).masked_fill(p.scale < q.scale, math.inf)


def _to_pareto(p: Any, q: Pareto) -> Tensor:
    expected = q.alpha.log() + q.alpha * q.scale.log() - (q.alpha + 1) * _log_mean(p)
    return -p.entropy() - expected


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def _low_rank(p: Any, q: Any) -> Tensor:
    return multivariate_normal(*(_dense(x) for x in (p, q)))


def _dense(x: Any) -> MultivariateNormal:
    return x if isinstance(x, MultivariateNormal) else MultivariateNormal(x.loc, covariance_matrix=x.covariance_matrix)
