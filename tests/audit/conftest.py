"""Scripts of a few steps run operator by operator: one small program for each operator, not one for each script."""

import pytest

from funcgrad.trace import EAGER, LONGEST, set_longest


@pytest.fixture(autouse=True)
def eager():
    set_longest(EAGER)
    yield
    set_longest(LONGEST)
