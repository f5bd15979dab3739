"""torch.distributions beside the real PyTorch: values, gradients, samples of one seed, divergences, texts of errors."""

import numpy as np
import pytest
import torch as real
from distribution_cases import CASES, DIVERGENCES, MISTAKES, answers, divergence, mistake

import funcgrad.torch as shim
from funcgrad.tolerances import tolerance


def assert_same(ours, theirs, question):
    if not isinstance(theirs, dict):
        assert ours == theirs, question
        return
    assert isinstance(ours, dict), f"{question}: {ours}"
    assert_close(ours["value"], theirs["value"], question, "value")
    assert ("gradients" in ours) == ("gradients" in theirs), question
    for a, b in zip(ours.get("gradients", ()), theirs.get("gradients", ()), strict=True):
        if b is None or a is None:
            assert not np.any(a if b is None else b), question
        else:
            assert_close(a, b, question, "gradient")


def assert_close(a, b, question, kind):
    assert (a.shape, a.dtype) == (b.shape, b.dtype), f"{question}: {a!r} for {b!r}"
    bound = tolerance(a.dtype, kind)
    np.testing.assert_allclose(a, b, rtol=10 * bound["rtol"], atol=10 * bound["atol"], err_msg=question)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_a_family_answers_as_pytorch(name, dtype):
    theirs = answers(real, CASES[name], dtype)
    ours = answers(shim, CASES[name], dtype)
    for question, answer in theirs.items():
        assert_same(ours[question], answer, question)


@pytest.mark.parametrize("pair", DIVERGENCES, ids=" || ".join)
def test_a_divergence_is_pytorchs(pair):
    assert_same(divergence(shim, pair), divergence(real, pair), pair)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_gives_pytorchs_text(name):
    assert mistake(shim, name) == mistake(real, name)
