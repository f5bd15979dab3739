"""Fixtures of the live comparisons."""

import pytest

from funcgrad.trace import EAGER, LONGEST, set_longest


@pytest.fixture
def eager():
    """One program for each operator: the cases of a test share them, and none is huge."""
    set_longest(EAGER)
    yield
    set_longest(LONGEST)
