"""Recording: equal steps follow one path, and nothing is inferred or compiled again."""

import numpy as np
import pytest

from funcgrad import trace
from funcgrad.trace import Number, Op, constant, current, inference, record, recording, synchronize

ADD = Op("add", lambda x, y: x + (y.value if isinstance(y, Number) else y))
SCALE = Op("scale", lambda x, *, by: x * by)
SPLIT = Op("split", lambda x: (x[:1], x[1:]))


def vector(*values):
    return constant(np.array(values, np.float32))


@pytest.fixture
def fresh():
    """A trace of its own, not run at the end."""
    with recording("this trace is only looked at") as trace:
        yield trace


def steps_of(trace, xs):
    a, b = xs
    _, (c,) = trace.record(ADD, (), [a, b])
    _, (d,) = trace.record(SCALE, (2.0,), [c])
    return trace.record(ADD, (), [d, 0.5])[1]


def test_equal_steps_follow_the_same_path_and_share_their_equations(fresh):
    steps_of(fresh, (vector(1, 2), vector(3, 4)))
    first = fresh.step
    fresh.clear()
    steps_of(fresh, (vector(5, 6), vector(7, 8)))
    assert fresh.step is first


def test_nothing_is_inferred_again_on_a_known_path(fresh, monkeypatch):
    steps_of(fresh, (vector(1, 2), vector(3, 4)))
    fresh.clear()
    monkeypatch.setattr(record, "infer", None)
    steps_of(fresh, (vector(5, 6), vector(7, 8)))


def test_a_signature_is_inferred_once_wherever_it_stands(fresh, monkeypatch):
    fresh.record(SCALE, (3.0,), [vector(1, 2)])
    monkeypatch.setattr(inference, "abstract_results", None)
    fresh.record(SCALE, (3.0,), [fresh.results[0]])


@pytest.mark.parametrize(
    "other",
    [
        lambda trace, a: trace.record(SCALE, (3.0,), [a]),  # another static parameter
        lambda trace, a: trace.record(ADD, (), [a, 1]),  # another operator
        lambda trace, a: trace.record(SCALE, (2.0,), [vector(1, 2, 3)]),  # another shape
        lambda trace, a: trace.record(SCALE, (2.0,), [constant(np.array([1, 2]))]),  # another dtype
    ],
)
def test_what_differs_takes_another_path(fresh, other):
    a = vector(1, 2)
    fresh.record(SCALE, (2.0,), [a])
    one = fresh.step
    fresh.clear()
    other(fresh, vector(1, 2))
    assert fresh.step is not one


def test_the_value_of_a_number_is_data_and_its_kind_is_structure(fresh):
    ends = []
    for number in (0.5, 7.25, 1, True):
        fresh.record(ADD, (), [vector(1, 2), number])
        ends.append((fresh.step, list(fresh.floats), list(fresh.ints)))
        fresh.clear()
    assert ends[0][0] is ends[1][0]
    assert len({id(step) for step, _, _ in ends}) == 3
    assert [floats for _, floats, _ in ends] == [[0.5], [7.25], [], []]
    assert [ints for _, _, ints in ends] == [[], [], [1], [1]]


def test_results_are_numbered_in_order_and_inputs_downwards(fresh):
    _, parts = fresh.record(SPLIT, (), [vector(1, 2, 3)])
    _, (last,) = fresh.record(ADD, (), [parts[0], vector(9)])
    assert [v.index for v in (*parts, last)] == [0, 1, 2]
    assert [v.index for v in fresh.inputs] == [-1, -2]
    assert [v.aval.shape for v in parts] == [(1,), (2,)]


def test_an_input_is_taken_in_once(fresh):
    a = vector(1, 2)
    fresh.record(ADD, (), [a, a])
    assert fresh.inputs == [a]


def test_an_operators_error_comes_when_it_is_recorded(fresh):
    with pytest.raises(TypeError, match=r"shapes must be|[Bb]roadcast"):
        fresh.record(ADD, (), [vector(1, 2), vector(1, 2, 3)])
    assert not fresh.results


def test_a_trace_that_must_not_run_says_why():
    with recording("look outside") as own:
        (pending,) = own.record(ADD, (), [vector(1), 1])[1]
        with pytest.raises(RuntimeError, match="look outside"):
            trace.array_of(pending, "test")


def test_a_pending_value_of_another_trace_is_refused(fresh):
    synchronize("test")
    _, (pending,) = fresh.record(ADD, (), [vector(1), 1])
    with pytest.raises(RuntimeError, match=r"another thread's trace.*compute it there first"):
        recorded_elsewhere(pending)


def recorded_elsewhere(value):
    with recording("elsewhere") as other:
        other.record(ADD, (), [value, 1])


def test_each_thread_has_its_own_trace():
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(current).result() is not current()


def test_abstract_results_of_several_kinds():
    aval = trace.aval_of((2,), np.dtype(np.float32))
    (made,) = inference.abstract_results(ADD, (), (aval, complex))
    assert made is trace.aval_of((2,), np.dtype(np.complex128))
