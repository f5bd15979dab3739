"""Equations that differ in their numbers only are computed as one, and give what each gives alone."""

import jax
import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad.trace import Number, Op, constant, evaluate, recording, synchronize
from funcgrad.trace.together import FEWEST, together

applied = []


def part(x, start):
    applied.append("part")
    return jax.lax.dynamic_slice(x, (start.value,), (3,))


PART = Op("part", part)
SCALED = Op("scaled", lambda x, n: x * n.value)


@pytest.fixture
def trace():
    with recording("not run") as own:
        yield own


def by_operator(equation, arrays, floats, ints):
    applied.append(equation.op.name)
    numbers = [Number(float, n) for n in floats] + [Number(int, n) for n in ints]
    return equation.op([*arrays, *numbers], equation.static)


def results_of(trace, inputs, shared=None):
    equations = [step.equation for step in trace.step.path() if step.equation is not None]
    floats, ints = np.array(trace.floats), np.array(trace.ints, np.int64)
    applied.clear()
    apply = together(equations, floats, ints, shared, by_operator)
    return evaluate(equations, inputs, floats, ints, range(len(trace.results)), apply, shared)


def test_parts_of_one_array_are_taken_at_once(trace):
    x = constant(np.arange(20.0, dtype=np.float32))
    starts = [4, 0, 17, 5, 5]
    for start in starts:
        trace.record(PART, (), [x, start])
    results = results_of(trace, [x.array])
    assert applied.count("part") == 2  # the batch, and inside it the operator
    for start, result in zip(starts, results, strict=True):
        np.testing.assert_array_equal(result, x.array[start : start + 3])


def test_fewer_are_taken_one_by_one(trace):
    x = constant(np.arange(20.0, dtype=np.float32))
    for start in range(FEWEST - 1):
        trace.record(PART, (), [x, start])
    results_of(trace, [x.array])
    assert applied.count("part") == 2 * (FEWEST - 1)


def test_what_rounds_is_computed_one_by_one(trace):
    x = constant(np.ones(3, np.float32))
    for n in range(8):
        trace.record(SCALED, (), [x, float(n)])
    results_of(trace, [x.array])
    assert applied == ["scaled"] * 8


def test_parts_of_several_arrays_are_not_mixed(trace):
    x, y = (constant(np.arange(k, k + 20.0, dtype=np.float32)) for k in (0, 100))
    for start in range(8):
        trace.record(PART, (), [x if start % 2 else y, start])
    results = results_of(trace, [y.array, x.array])
    for start, result in enumerate(results):
        np.testing.assert_array_equal(result, (x if start % 2 else y).array[start : start + 3])


def test_numbers_are_read_at_their_slots(trace):
    x = constant(np.arange(20.0, dtype=np.float32))
    for start in (2, 7, 2, 7):
        trace.record(PART, (), [x, start])
    results = results_of(trace, [x.array], shared=((), (0, 1, 0, 1)))
    for start, result in zip((2, 7, 2, 7), results, strict=True):
        np.testing.assert_array_equal(result, x.array[start : start + 3])


def test_a_batch_of_windows():
    data = torch.arange(1000)
    for first in (0, 3):  # interpreted, compiled
        synchronize("test")
        rows = torch.stack([data[i : i + 8] for i in range(first, 640, 10)])
        assert rows.tolist() == [[*range(i, i + 8)] for i in range(first, 640, 10)]
