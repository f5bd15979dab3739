"""torch.distributions beside the real PyTorch: values, gradients, samples of one seed, divergences, texts of errors."""

import tomllib
from pathlib import Path

import pytest
import torch as real
from alike import assert_alike, plain
from distribution_cases import CASES, DIVERGENCES, MISTAKES, answers, differences, divergence, mistake
from transform_cases import MISUSES, REGIONS, TRANSFORMS, described_region, outcome, triangles

import funcgrad.torch as shim

pytestmark = pytest.mark.usefixtures("eager")
KNOWN = tomllib.loads((Path(__file__).parents[1] / "support" / "known_differences.toml").read_text(encoding="utf-8"))


def known(name):
    """The answers of a family that are known to differ, as `{(question, part)}`."""
    return {(question, d["what"]) for d in KNOWN.get(f"distributions.{name}", ()) for question in d["samples"]}


@pytest.mark.filterwarnings("ignore:Singular sample")
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


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_transform_is_pytorchs(name):
    assert_alike(plain(outcome(shim, name)), plain(outcome(real, name)))


@pytest.mark.parametrize("name", REGIONS)
def test_a_region_is_reached_as_in_pytorch(name):
    assert described_region(shim, name) == described_region(real, name)


@pytest.mark.parametrize("name", MISUSES)
def test_a_misuse_of_a_transform_gives_pytorchs_text(name):
    def text(torch):
        with pytest.raises((ValueError, RuntimeError, TypeError, AssertionError)) as caught:
            MISUSES[name](torch, torch.distributions.transforms)
        return type(caught.value), str(caught.value)

    assert text(shim) == text(real)


def test_vectors_and_triangles_are_pytorchs():
    assert_alike(plain(triangles(shim)), plain(triangles(real)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_draws_of_rates_are_pytorchs_bit_for_bit(dtype):
    def drawn(torch):
        torch.manual_seed(3)
        a = torch.arange(1, 2001, dtype=getattr(torch, dtype)) / 64  # exact: so is what follows
        chances, trials = a / 32, (a * 1.5).floor()
        draws = torch.poisson(a), torch.binomial(trials, chances), torch._standard_gamma(a), torch.rand(3)
        return [x.tolist() for x in draws]

    assert drawn(shim) == drawn(real)
