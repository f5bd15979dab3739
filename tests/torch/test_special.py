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


def test_float_power_in_place_needs_the_wide_dtype():
    wide = torch.full((2,), 3.0, dtype=torch.float64)
    assert wide.float_power_(torch.tensor([2, 0.5])) is wide
    assert wide.tolist() == [9, 3**0.5]
    with pytest.raises(RuntimeError, match="the base given to float_power_ has dtype Float but"):
        torch.ones(2).float_power_(2)


def test_a_factor_fits_the_result_and_a_mask_is_not_subtracted():
    x, mask = torch.tensor([1.0, 2.0]), torch.tensor([True, False])
    assert torch.add(mask, mask, alpha=True).tolist() == [True, False]
    with pytest.raises(RuntimeError, match="Boolean alpha only supported for Boolean results"):
        torch.add(x, x, alpha=True)
    with pytest.raises(RuntimeError, match="For non-complex input tensors, argument alpha must not be a complex"):
        torch.add(x, x, alpha=1j)
    with pytest.raises(RuntimeError, match="with a bool tensor is not supported"):
        torch.rsub(mask, x)
