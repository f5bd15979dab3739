"""Programs: only what is wanted is computed, numbers are arguments, and memory of dead inputs is reused."""

import numpy as np
import pytest

from funcgrad.trace import Number, Op, break_even, constant, current, evaluate, recording, synchronize
from funcgrad.trace.program import compile_program

calls = []


def counted(name, function):
    def run(*operands, **static):
        calls.append(name)
        return function(*operands, **static)

    return Op(name, run)


DOUBLE = counted("double", lambda x: x * 2)
NEGATE = counted("negate", lambda x: -x)
PARTS = counted("parts", lambda x: (x[:1], x[1:]))
PLUS = counted("plus", lambda x, n: x + n.value)


@pytest.fixture
def trace():
    with recording("not run") as own:
        yield own


def vector(*values):
    return constant(np.array(values, np.float32))


def equations_of(trace):
    return [step.equation for step in trace.step.path() if step.equation is not None]


def test_dead_equations_are_left_out(trace):
    a = vector(1, 2)
    _, (b,) = trace.record(DOUBLE, (), [a])
    trace.record(NEGATE, (), [b])
    trace.record(NEGATE, (), [a])
    calls.clear()
    results = evaluate(equations_of(trace), [a.array], None, None, wanted=(0,))
    assert calls == ["double"]
    np.testing.assert_array_equal(results[0], [2, 4])
    assert results[1:] == [None, None]


def test_a_chain_is_computed_as_far_as_it_is_needed(trace):
    _, (first, rest) = trace.record(PARTS, (), [vector(1, 2, 3)])
    _, (dead,) = trace.record(DOUBLE, (), [rest])
    _, (alive,) = trace.record(NEGATE, (), [first])
    calls.clear()
    results = evaluate(equations_of(trace), [np.array([1.0, 2.0, 3.0])], None, None, wanted=(alive.index,))
    assert calls == ["parts", "negate"]
    np.testing.assert_array_equal(results[alive.index], [-1])
    assert results[dead.index] is None


def test_numbers_of_left_out_equations_are_skipped(trace):
    a = vector(1, 2)
    trace.record(PLUS, (), [a, 10.0])
    trace.record(PLUS, (), [a, 7])
    _, (b,) = trace.record(PLUS, (), [a, 20.0])
    results = evaluate(equations_of(trace), [a.array], np.array(trace.floats), np.array(trace.ints), wanted=(b.index,))
    np.testing.assert_array_equal(results[b.index], [21, 22])


def test_complex_numbers_take_two_places(trace):
    seen = Op("seen", lambda x, a, b: x + a.value + b.value)
    _, (b,) = trace.record(seen, (), [constant(np.zeros(1, np.complex128)), 1 + 2j, 0.5])
    (result,) = evaluate(equations_of(trace), [np.zeros(1)], np.array(trace.floats), None, wanted=(b.index,))
    np.testing.assert_array_equal(result, [1.5 + 2j])


def test_a_program_takes_donated_and_kept_inputs_apart(trace):
    minus = Op("minus", lambda x, y: x - y)
    a, b = vector(5, 5), vector(1, 2)
    trace.record(minus, (), [a, b])
    for donated in ((), (0,), (1,)):
        run = compile_program(trace.step, (0,), donated)
        arrays = [np.array([5.0, 5], np.float32), np.array([1.0, 2], np.float32)]
        given = [arrays[k] for k in donated]
        kept = [x for k, x in enumerate(arrays) if k not in donated]
        np.testing.assert_array_equal(run(given, kept, None, None)[0], [4, 3])


def test_a_result_that_is_an_input_has_memory_of_its_own(monkeypatch):
    """Else a later program that donates one of the two would take the other's memory away."""
    import jax

    monkeypatch.setattr(break_even.Cost, "runs", 1)
    same = Op("same", lambda x: x)
    for kind in (np.ndarray, jax.Array):  # seen once, the trace is interpreted; seen again, compiled
        synchronize("test")
        a = constant(jax.device_put(np.ones(1000, np.float32)))
        _, (b,) = current().record(same, (), [a])
        _, (c,) = current().record(same, (), [a])
        synchronize("test")
        assert isinstance(b.array, kind)
        assert len({np.asarray(v.array).ctypes.data for v in (a, b, c)}) == 3


def test_number_kinds_reach_the_operator():
    kinds = []
    look = Op("look", lambda x, *numbers: kinds.extend(n.kind for n in numbers if isinstance(n, Number)) or x)
    with recording("") as trace:
        trace.record(look, (), [vector(1), True, 2, 3.0, 4j])
    assert kinds == [bool, int, float, complex]
