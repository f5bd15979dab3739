"""Expectations: checked as soon as the value is computed, once, and without computing anything for them."""

import numpy as np
import pytest

from funcgrad.trace import Op, array_of, constant, current, cut, expect, flush, recording, stats

DOUBLE = Op("double", lambda x: x * 2)


class TooLargeError(Exception):
    pass


def small(array):
    if array.max() > 3:
        raise TooLargeError(f"{array.max()}")


def doubled(*values):
    _, (made,) = current().record(DOUBLE, (), [constant(np.array(values, np.float32))])
    return made


def test_a_known_value_is_checked_at_once():
    expect(constant(np.ones(2)), small)
    with pytest.raises(TooLargeError, match=r"^5\.0$"):
        expect(constant(np.array([5.0])), small)


def test_a_pending_value_is_checked_when_anything_is_looked_at():
    expect(doubled(1, 2), small)
    other = doubled(1, 1)
    with pytest.raises(TooLargeError, match=r"^4\.0\n") as caught:
        array_of(other, "test")
    assert caught.value.__notes__ == [
        "funcgrad: raised for line 32 of test_expectations.py, whose values were not known before"
    ]
    np.testing.assert_array_equal(array_of(other, "test"), [2, 2])  # the error comes once


def test_a_cut_checks_before_the_next_program_starts():
    expect(doubled(1, 2), small)
    cut(current(), "test")
    later = doubled(1, 1)
    with pytest.raises(TooLargeError):
        flush(current(), "test")
    np.testing.assert_array_equal(array_of(later, "test"), [2, 2])  # nothing recorded is lost


def test_what_holds_is_silent_and_costs_no_program():
    other = doubled(1, 1)
    expect(other, small)
    flushes = stats.flushes
    array_of(other, "test")
    assert stats.flushes == flushes + 1
    assert not current().expectations


def test_the_first_of_several_errors_is_raised():
    expect(doubled(2, 2), small)
    expect(doubled(3, 3), small)
    with pytest.raises(TooLargeError, match=r"^4\.0\n"):
        flush_all()
    flush_all()


def flush_all():
    array_of(doubled(0, 0), "test")


def test_nothing_is_checked_where_nothing_is_computed():
    with recording("only looked at") as trace:
        expect(doubled(9, 9), small)
        assert not trace.expectations
    expect(doubled(9, 9), small)
    current().clear()
    flush_all()
