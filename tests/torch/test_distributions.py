"""torch.distributions against what was recorded from PyTorch, and what only the shim can show."""

import json
from pathlib import Path

import numpy as np
import pytest
from distribution_cases import CASES, DIVERGENCES, MISTAKES, answers, differences, divergence, mistake, unpacked

import funcgrad.torch as torch
from funcgrad.torch import distributions

SUPPORT = Path(__file__).parents[1] / "support"
RECORDED = json.loads((SUPPORT / "recorded" / "distributions.json").read_text(encoding="utf-8"))
FAMILIES = (
    "Normal", "Categorical", "Bernoulli of logits", "Uniform", "OneHotCategorical", "MultivariateNormal", "Independent",
    "Exponential", "Laplace", "Cauchy", "LogNormal", "Gumbel", "Geometric", "Binomial", "Multinomial", "Poisson",
    "MixtureSameFamily", "Tanh of Normal",
)  # fmt: skip
"""Those without a known difference and without gamma draws, which take long to compile; all are in `tests/parity`."""


@pytest.mark.parametrize("name", FAMILIES)
def test_157_to_162_a_family_answers_as_pytorch(name):
    theirs, ours = unpacked(RECORDED["families"][name]), answers(torch, CASES[name])
    assert not {question: found for question in theirs if (found := differences(ours[question], theirs[question]))}


def test_divergences_are_pytorchs():
    found = {pair: differences(divergence(torch, pair), unpacked(recorded)) for pair, recorded in divergences()}
    assert not {pair: text for pair, text in found.items() if text}


def divergences():
    return list(zip(DIVERGENCES, RECORDED["divergences"], strict=True))


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_gives_pytorchs_text(name):
    assert mistake(torch, name) == RECORDED["mistakes"][name]


def test_gamma_draws_have_the_gradient_of_the_quantile():
    a = torch.tensor([0.5, 3.0], dtype=torch.float64, requires_grad=True)
    torch.manual_seed(0)
    drawn = distributions.Gamma(a, 2.0).rsample((2000,))
    drawn.mean(0).sum().backward()
    np.testing.assert_allclose(a.grad.tolist(), [0.5, 0.5], rtol=0.1)  # the mean is a / 2; 2000 draws


def test_a_check_turned_off_looks_at_no_value():
    loc = torch.zeros(3)
    assert distributions.Normal(loc, -1.0, validate_args=False).scale.tolist() == [-1.0] * 3


def test_a_subclass_with_its_own_init_must_say_how_it_expands():
    class Mine(distributions.Normal):
        def __init__(self):
            super().__init__(0.0, 1.0)

    with pytest.raises(NotImplementedError, match=r"that defines a custom __init__ method must also define a custom"):
        Mine().expand((2,))


def test_a_cached_transform_returns_the_input_itself():
    x, transform = torch.tensor([0.3]), distributions.TanhTransform(cache_size=1)
    assert transform.inv(transform(x)) is x


def test_what_libraries_of_distributions_take_from_utils():
    from funcgrad.torch.distributions.utils import _standard_normal, _sum_rightmost

    torch.manual_seed(0)
    drawn = _standard_normal((2, 3), dtype=torch.float64, device="cpu")
    torch.manual_seed(0)
    assert drawn.tolist() == torch.randn(2, 3, dtype=torch.float64).tolist()
    assert _sum_rightmost(torch.ones(4, 2, 3), 2).tolist() == [6] * 4
