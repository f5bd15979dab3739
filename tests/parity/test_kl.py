"""Divergences between all pairs of families, and caches of transforms, beside the real PyTorch."""

import itertools
import math

import pytest
import torch as real

import funcgrad.torch as shim

pytestmark = pytest.mark.usefixtures("eager")

FAMILIES = {
    "ContinuousBernoulli": lambda d, t: d.ContinuousBernoulli(t([0.2, 0.5, 0.7])),
    "Uniform": lambda d, t: d.Uniform(t([0.0, 0.2, 0.0]), t([1.0, 0.9, 2.0])),
    "Uniform below 0": lambda d, t: d.Uniform(t([-1.0, 0.2, 0.1]), t([1.0, 2.9, 2.0])),
    "Normal": lambda d, t: d.Normal(t([0.1, 0.2, 0.3]), t([1.3, 0.4, 2.0])),
    "Exponential": lambda d, t: d.Exponential(t([1.3, 0.2, 2.0])),
    "Pareto": lambda d, t: d.Pareto(t([1.0, 0.1, 2.0]), t([3.0, 2.5, 1.5])),
    "Pareto of others": lambda d, t: d.Pareto(t([0.5, 0.3, 1.0]), t([2.5, 2.1, 4.0])),
    "Beta": lambda d, t: d.Beta(t([2.0, 1.5, 3.0]), t([3.0, 1.2, 2.0])),
    "Gamma": lambda d, t: d.Gamma(t([2.0, 1.5, 3.0]), t([3.0, 1.2, 2.0])),
    "Gumbel": lambda d, t: d.Gumbel(t([0.2, 1.0, 2.0]), t([1.5, 2.0, 0.9])),
    "Laplace": lambda d, t: d.Laplace(t([0.2, 1.0, 2.0]), t([1.5, 2.0, 0.9])),
    "MultivariateNormal": lambda d, t: d.MultivariateNormal(
        t([0.3, 0.1, 0.2]), t([[2.0, 0.5, 0], [0.5, 1, 0], [0, 0, 3]])
    ),
    "LowRankMultivariateNormal": lambda d, t: d.LowRankMultivariateNormal(
        t([0.0, 0.1, 0.4]), t([[1.0], [0.5], [0.2]]), t([1.0, 2.0, 0.5])
    ),
}


def divergences(torch, p):
    def tensor(x):
        return torch.tensor(x, dtype=torch.float64)

    d = torch.distributions
    for q in FAMILIES:
        try:
            yield q, d.kl_divergence(FAMILIES[p](d, tensor), FAMILIES[q](d, tensor)).reshape(-1).tolist()
        except NotImplementedError:
            yield q, "refused"


@pytest.mark.parametrize("p", FAMILIES)
def test_every_pair(p):
    for (q, theirs), (_, ours) in zip(divergences(real, p), divergences(shim, p), strict=True):
        assert (theirs == "refused") == (ours == "refused"), q
        for a, b in itertools.zip_longest(theirs, ours):
            assert a == b or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-11), (q, theirs, ours)


def caches(torch):
    t, d = torch.distributions.transforms, torch.distributions
    x = torch.tensor([0.5])
    for made in (
        t.ExpTransform(),
        t.ExpTransform(cache_size=1),
        t.ExpTransform().with_cache(),
        t.ExpTransform(cache_size=1).with_cache(0),
        t.AffineTransform(0.0, 2.0).with_cache(1),
        t.PowerTransform(torch.tensor(2.0)).with_cache(1),
        t.ComposeTransform([t.ExpTransform(), t.AffineTransform(1.0, 2.0)], cache_size=1),
        t.ComposeTransform([t.ExpTransform()]).with_cache(1),
        t.IndependentTransform(t.ExpTransform(), 0).with_cache(),
        t.ReshapeTransform((1,), (1, 1), cache_size=1),
        t.ExpTransform(cache_size=1).inv,
        t.CumulativeDistributionTransform(d.Normal(0.0, 1.0)).with_cache(),
    ):
        y = made(x)
        kept = made.inv(y) is x, made(x) is y, made.inv is made.inv, made.inv.inv is made
        yield (
            type(made).__name__,
            made._cache_size,
            made.inv._cache_size,
            *kept,
            made.with_cache(made._cache_size) is made,
        )
    yield t.PowerTransform(torch.tensor(2.0)) == t.PowerTransform(torch.tensor(2.0)).with_cache()
    yield [part._cache_size for part in t.ComposeTransform([t.ExpTransform()], cache_size=1).parts]

    class Own(t.Transform):
        def __init__(self):
            super().__init__()

    with pytest.raises(NotImplementedError, match=r"Own'>.with_cache is not implemented"):
        Own().with_cache()


def test_caches_of_transforms():
    assert list(caches(shim)) == list(caches(real))
