import numpy as np
import pytest

from funcgrad.compare.experiment import Settings
from funcgrad.compare.report.table import WIDTH, coloured, conclusions, table, title
from funcgrad.compare.verdict import judge


@pytest.fixture(params=["as measured", "not finite"])
def all_runs(request, runs):
    if request.param == "as measured":
        return runs
    broken = {name: np.concatenate([path[:7], path[7:] * np.nan]) for name, path in runs["c"].params.items()}
    nothing = np.array([1.0] * 7 + [np.nan] * 17)
    run = runs["b"]._replace(
        params=broken, loss=nothing, used_norm=nothing, fresh_norm=nothing, batches_in_grad=nothing
    )
    return runs | dict.fromkeys("abc", run)


def test_nothing_is_wider_than_80_columns(all_runs):
    verdict = judge(all_runs)
    lines = f"{table(all_runs, verdict)}\n{conclusions(verdict)}".splitlines()
    assert max(map(len, lines)) <= WIDTH == 80


def test_the_table_fills_80_columns_and_its_columns_are_flush(runs, verdict):
    rows = [line for line in table(runs, verdict).splitlines() if line[:3] in {f"{letter}  " for letter in "abcdef"}]
    assert len(rows) == 7
    assert {len(row) for row in rows} == {80}


def test_terminals_without_unicode_can_show_it(runs, verdict):
    assert f"{title(Settings())}{table(runs, verdict)}{conclusions(verdict)}".isascii()


def test_the_title_fits():
    assert len(title(Settings(steps=10**5, seed=10**5, lr=0.00125, batch_size=1437))) <= 80


def test_colour_changes_no_text(runs, verdict):
    def bare(text):
        parts = [part.split("m", 1)[-1] if index else part for index, part in enumerate(text.split("\033["))]
        return "".join(parts)

    painted = table(runs, verdict, coloured)
    assert "\033[34mb  zero_grad in its place" in painted
    assert bare(painted) == table(runs, verdict)
    assert bare(conclusions(verdict, coloured)) == conclusions(verdict)
