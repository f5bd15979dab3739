import numpy as np
import pytest

from funcgrad.compare.difference import TOLERANCE, compare
from funcgrad.tolerances import tolerance

REFERENCE = {"w": np.full((4, 2), 10.0, np.float32), "b": np.full((4, 2), 0.5, np.float32)}


def changed(name, step, by):
    other = {key: path.copy() for key, path in REFERENCE.items()}
    other[name][step:, 1] += by
    return other


def test_equal_runs_have_no_difference():
    difference = compare(REFERENCE, REFERENCE)
    assert (difference.absolute, difference.relative, difference.first_step) == (0, 0, None)


def test_the_largest_difference_is_relative_to_its_parameter():
    difference = compare(changed("b", 2, 0.25), REFERENCE)
    assert (difference.absolute, difference.relative, difference.parameter) == (0.25, 0.5, "b")
    np.testing.assert_array_equal(difference.by_step, [0, 0, 0.5, 0.5])
    assert (difference.first_step, difference.first_parameter) == (2, "b")


def test_a_difference_within_the_tolerance_is_no_departure():
    assert compare(changed("w", 1, 10 * TOLERANCE / 4), REFERENCE).first_step is None
    assert compare(changed("w", 1, 10 * TOLERANCE * 4), REFERENCE).first_step == 1


def test_the_tolerance_is_the_one_of_an_update():
    assert tolerance("float32", "update")["rtol"] == TOLERANCE


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("sides", ["left", "right", "both"])
def test_what_is_not_finite_is_infinitely_far(value, sides):
    broken = changed("w", 3, value)
    left = REFERENCE if sides == "right" else broken
    right = REFERENCE if sides == "left" else broken
    difference = compare(left, right)
    assert difference.relative == np.inf
    assert difference.first_step == 3
