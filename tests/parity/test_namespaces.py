"""torch.linalg, torch.fft and complex numbers beside the real PyTorch, in float64."""

import pytest
import torch as real
from namespace_cases import CASES, check, outcome

import funcgrad.torch as shim

NAMES = [(name, k) for name, cases in CASES.items() for k in range(len(cases))]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name, k", NAMES)
def test_values_gradients_and_errors_agree_in_float64(name, k):
    check(outcome(shim, CASES[name][k], "float64"), outcome(real, CASES[name][k], "float64"), 1e-11, 1e-11)
