"""torch.distributions beside the real PyTorch: values, gradients, samples of one seed, divergences, texts of errors."""

import tomllib
from pathlib import Path

import pytest
import torch as real
from distribution_cases import CASES, DIVERGENCES, MISTAKES, answers, differences, divergence, mistake

import funcgrad.torch as shim

KNOWN = tomllib.loads((Path(__file__).parents[1] / "support" / "known_differences.toml").read_text(encoding="utf-8"))


def known(name):
    """The answers of a family that are known to differ, as `{(question, part)}`."""
    return {(question, d["what"]) for d in KNOWN.get(f"distributions.{name}", ()) for question in d["samples"]}


@pytest.mark.parametrize("name", CASES)
def test_a_family_answers_as_pytorch(name):
    theirs, ours = answers(real, CASES[name]), answers(shim, CASES[name])
    found = {(q, part): text for q in theirs for part, text in differences(ours[q], theirs[q]).items()}
    assert found.keys() == known(name), found


IN_FLOAT64 = ("Normal", "Categorical", "Bernoulli", "Uniform", "MultivariateNormal", "MixtureSameFamily", "Poisson")


@pytest.mark.parametrize("name", IN_FLOAT64)
def test_a_family_answers_as_pytorch_in_float64(name):
    theirs, ours = (answers(torch, CASES[name], "float64") for torch in (real, shim))
    assert not {question: found for question in theirs if (found := differences(ours[question], theirs[question]))}


@pytest.mark.parametrize("pair", DIVERGENCES, ids=" || ".join)
def test_a_divergence_is_pytorchs(pair):
    assert not differences(divergence(shim, pair), divergence(real, pair))


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_gives_pytorchs_text(name):
    assert mistake(shim, name) == mistake(real, name)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_draws_of_rates_are_pytorchs_bit_for_bit(dtype):
    def drawn(torch):
        torch.manual_seed(3)
        a = torch.arange(1, 2001, dtype=getattr(torch, dtype)) / 64  # exact: so is what follows
        chances, trials = a / 32, (a * 1.5).floor()
        draws = torch.poisson(a), torch.binomial(trials, chances), torch._standard_gamma(a), torch.rand(3)
        return [x.tolist() for x in draws]

    assert drawn(shim) == drawn(real)
