"""torch.linalg against what was recorded from PyTorch: values, dtypes, gradients, texts of errors."""

from pathlib import Path

import pytest
from namespace_cases import CASES, check, outcome
from recorded_outcomes import unpack

import funcgrad.torch as torch

RECORDED = unpack(Path(__file__).parents[1] / "support" / "recorded" / "namespaces.npz")
NAMES = [(name, k) for name, cases in CASES.items() if name.startswith("linalg") for k in range(len(cases))]


@pytest.mark.parametrize("name, k", NAMES)
def test_values_gradients_and_errors_are_pytorchs(name, k):
    check(outcome(torch, CASES[name][k]), RECORDED[name][k])
