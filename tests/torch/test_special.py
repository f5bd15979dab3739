"""torch.special and torch.signal against what was recorded from PyTorch: values, dtypes, gradients, texts of errors."""

from pathlib import Path

import pytest
from namespace_cases import CASES, check, outcomes
from recorded_outcomes import unpack

import funcgrad.torch as torch

RECORDED = unpack(Path(__file__).parents[1] / "support" / "recorded" / "namespaces.npz")


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith(("special", "windows"))])
def test_values_gradients_and_errors_are_pytorchs(name):
    for number, (ours, recorded) in enumerate(zip(outcomes(torch, CASES[name]), RECORDED[name], strict=True)):
        check(ours, recorded, f"{name}, case {number}")
