"""The report: its text in 80 columns, for each way in which a comparison can end."""

import numpy as np
import pytest

from funcgrad.divergence.comparison import compare_runs
from funcgrad.divergence.recorder import Recorder
from funcgrad.divergence.report import to_text
from funcgrad.divergence.run import load


def run(path, name="w", moved=0.5, steps=2, dtype=np.float32, **told):
    params, grads = {name: np.array([1.0, 2.0], dtype)}, {name: np.ones(2, dtype)}
    recorder = Recorder(str(path), steps).start(params)
    for _ in range(steps):
        params = {name: params[name] - np.array([0.5, moved], dtype)}
        recorder.step(params=params, grads=grads, **told)
    return load(str(path)).called(path.name)


HEAD = "step   batch modules    loss buffers   grads clipped options   state  params"
START = "0          -       -       -       -       -       -       -       -       0"
VERSION = f"numpy {np.__version__}"

DIFFERENT = f"""\
A  a.npz ({VERSION}; 2 steps, 1 parameter)
B  b.npz ({VERSION}; 2 steps, 1 parameter)

Largest distance in ulp (limit 4):
{HEAD}
{START}
1          -       -       -       -       -       0       -       -   2e+06

First difference: step 1, parameter w (float32)
  A 1.5, B 1.25 at [1]: 2e+06 ulp apart; 1 of 2 entries are beyond 4

No known cause explains it. Tried: clipping, parameter that is not updated,
update rule, rounding."""

EQUAL = f"""\
A  a.npz ({VERSION}; 2 steps, 1 parameter)
B  b.npz ({VERSION}; 2 steps, 1 parameter)
   Paired by order and shape (A = B): w = kernel

Largest distance in ulp (limit 4):
{HEAD}
{START}
1          -       -       -       -       -       0       -       -       0
2          -       -       -       -       -       0       -       -       0

The runs agree for 2 steps, value for value."""

OPTIONS = """\
First difference: step 1, option lr (float32)
  A 0.1, B 0.2: 4e+06 ulp apart

Cause: another lr
  A: lr=0.1
  B: lr=0.2
  Everything before agrees; the update of step 1 uses them.
  Repair: Pass the same lr."""


@pytest.mark.parametrize("changes, text", [({"moved": 0.75}, DIFFERENT), ({"name": "kernel"}, EQUAL)])
def test_the_whole_text(tmp_path, changes, text):
    assert to_text(compare_runs(run(tmp_path / "a.npz"), run(tmp_path / "b.npz", **changes), 4)) == text


def test_a_cause_with_its_repair(tmp_path):
    a, b = (run(tmp_path / f"{name}.npz", options={"lr": lr}) for name, lr in (("a", 0.1), ("b", 0.2)))
    assert to_text(compare_runs(a, b, 4)).endswith(OPTIONS)


def test_parameters_of_one_run_and_dtypes_are_told(tmp_path):
    a = run(tmp_path / "a.npz", dtype=np.float64)
    told = {"w": np.ones(2, np.float32), "v": np.ones((3, 3), np.float32)}
    Recorder(str(tmp_path / "b.npz"), 1).start(told).step(params=told, grads={})
    text = to_text(compare_runs(a, load(str(tmp_path / "b.npz")), 4))
    assert "\n   Parameters are float64 in A, float32 in B.\n" in text
    assert "\nOnly in B: v. The other run has no optimizer that holds it.\n" in text


def test_a_missing_gradient_is_told(tmp_path):
    a, b = run(tmp_path / "a.npz", steps=1), run(tmp_path / "b.npz", steps=1)
    del b.quantities[1, "grad", "w"]
    text = to_text(compare_runs(a, b, 4))
    assert (
        "First difference: step 1, gradient given to the optimizer, of w (float32)\n  A: 2 numbers, B: None\n" in text
    )
    assert "Cause: gradient that is not there\n  A: has a gradient\n  B: has none (None)\n" in text


def test_many_steps_are_shown_by_their_ends(tmp_path):
    text = to_text(compare_runs(run(tmp_path / "a.npz", steps=30), run(tmp_path / "b.npz", steps=30), 4))
    shown = [line.split()[0] for line in text.splitlines()[5:-2]]
    assert shown == ["0", "1", "2", "3", "4", "5", "...", "25", "26", "27", "28", "29", "30"]
