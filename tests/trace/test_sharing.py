"""Equal numbers of a large trace are read at one place, as long as they are equal."""

import functools

import pytest

import funcgrad.torch as torch
from funcgrad.trace import stats, synchronize
from funcgrad.trace.sharing import LARGE, share, slots_of


def test_equal_numbers_have_one_slot():
    assert slots_of([0.1, 2.0, 0.1, 2.0, 3.0]) == (0, 1, 0, 1, 4)


def test_zeros_and_nan_keep_their_own():
    assert slots_of([0.0, -0.0, float("nan"), float("nan"), 0.0]) == (0, 1, 2, 3, 4)


def test_numbers_that_part_do_not_share():
    slots = slots_of([0.1, 0.1])
    assert share([0.5, 0.5], slots)
    assert not share([0.5, 0.6], slots)
    assert not share([0.0, -0.0], slots)
    assert not share([float("nan"), float("nan")], slots)


def product(factors):
    """The product, by a trace of its own."""
    synchronize("test")
    x = torch.ones(1, dtype=torch.float64).exp().log()
    for factor in factors:
        x = x * factor
    return x.item()


def programs_for(factors):
    before = stats.programs
    assert product(factors) == pytest.approx(functools.reduce(lambda a, b: a * b, factors))
    return stats.programs - before


def test_a_program_serves_numbers_that_stay_equal_and_a_second_one_all_others():
    half = LARGE // 2
    assert programs_for([1.5] * half + [0.5] * half) == 1
    assert programs_for([1.25] * half + [0.75] * half) == 0
    assert programs_for([1.5] * half + [0.5] * (half - 1) + [3.0]) == 1
    assert programs_for([1 + k / 100 for k in range(2 * half)]) == 0
    assert programs_for([1.5] * half + [0.5] * half) == 0
