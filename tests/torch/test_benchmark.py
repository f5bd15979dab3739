"""torch.utils.benchmark: measurements of statements."""

import pytest

import funcgrad.torch as torch
from funcgrad.torch.utils.benchmark import Compare, Measurement, Timer


def test_times_are_those_of_one_run():
    made = Measurement(4, [2.0, 4.0, 12.0])
    assert (made.times, made.mean, made.median) == ([0.5, 1.0, 3.0], 1.5, 1.0)
    assert made.iqr == pytest.approx(1.25)
    assert repr(Measurement(10, [0.05], label="mm", description="dense")).endswith(
        "mm: dense\n  5.00 ms\n  1 measurement, 10 runs , 1 thread"
    )


def test_a_statement_is_computed_not_only_recorded():
    x, seen = torch.ones(3), []

    def square():
        seen.append(x * x)
        return seen[-1]

    made = Timer("square()", globals={"square": square}).timeit(5)
    assert made.number_per_run == 5
    assert len(seen) == 7  # two runs to warm up
    assert seen[-1]._storage.value.array is not None


def test_a_statement_without_result_and_repeated_measurements():
    made = Timer("y = x + 1", setup="x = 1").blocked_autorange(min_run_time=0.01)
    assert sum(made.raw_times) >= 0.01


def test_a_table_has_a_column_for_each_description():
    table = str(Compare([Measurement(1, [t], label="mm", description=d) for t, d in ((0.002, "a"), (3.0, "b"))]))
    assert [cell.strip() for line in table.splitlines() for cell in line.split("|")] == [
        *("", "a", "b"),
        *("mm", "2.00 ms", "3.00 s"),
    ]
