"""torch.linalg, torch.fft and complex numbers beside the real PyTorch, in float64."""

import pytest
import torch as real
from namespace_cases import CASES, check, outcomes

import funcgrad.torch as shim


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_values_gradients_and_errors_agree_in_float64(name):
    ours, theirs = (outcomes(torch, CASES[name], "float64") for torch in (shim, real))
    for number, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        check(a, b, f"{name}, case {number}", 1e-11, 1e-11)
