"""Which result of a program takes over which dead input's memory."""

import numpy as np
import pytest

from funcgrad.trace import Op, constant, recording
from funcgrad.trace.inheritance import inherit

DOUBLE = Op("double", lambda x: 2 * x)
PLUS = Op("plus", lambda x, y: x + y)
DESCEND = Op("descend", lambda grad, param, momentum: (param - momentum, momentum + grad))


@pytest.fixture
def trace():
    with recording("not run") as own:
        yield own


def vector(size=3):
    return constant(np.ones(size, np.float32))


def record(trace, op, *operands):
    return trace.record(op, (), list(operands))[1]


def test_the_next_state_takes_the_place_of_the_last(trace):
    grad, param, momentum = vector(), vector(), vector()  # inputs 0, 1, 2
    record(trace, DESCEND, grad, param, momentum)
    assert inherit(trace.step, (0, 1), (0, 1, 2)) == {0: 1, 1: 2}


def test_what_is_read_later_gives_nothing_yet(trace):
    x = vector()
    (y,) = record(trace, DOUBLE, x)
    record(trace, PLUS, x, y)
    assert inherit(trace.step, (0, 1), (0,)) == {1: 0}


def test_memory_goes_on_through_results_that_nobody_wants(trace):
    (y,) = record(trace, DOUBLE, vector())
    record(trace, DOUBLE, y)
    assert inherit(trace.step, (1,), (0,)) == {1: 0}


def test_a_living_input_or_another_shape_gives_nothing(trace):
    record(trace, DOUBLE, vector())
    record(trace, PLUS, vector(), vector(1))
    assert inherit(trace.step, (0, 1), (2,)) == {}
