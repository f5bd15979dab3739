import json

import numpy as np

from funcgrad.compare.experiment import RUNS
from funcgrad.compare.report.figures import to_json


def no_constant(name):
    raise AssertionError(f"{name} is not JSON")


def test_the_schema(settings, runs, verdict):
    content = json.loads(to_json(settings, runs, verdict), parse_constant=no_constant)
    assert list(content) == ["schema", "settings", "agrees", "tolerance", "findings", "differences", "runs"]
    assert content["schema"] == 1
    assert content["settings"] == {
        "steps": 24, "seed": 0, "lr": 0.1, "momentum": 0.9, "batch_size": 16, "hidden": 8,
    }  # fmt: skip
    assert content["agrees"] is True
    assert list(content["runs"]) == list(RUNS)
    curves = ["loss", "used_norm", "fresh_norm", "batches_in_grad", "update_norm", "accuracy_steps", "accuracy"]
    for run in content["runs"].values():
        assert list(run) == curves
        assert all(isinstance(value, int | float) for curve in run.values() for value in curve)
    assert [finding["run"] for finding in content["findings"]] == list("acdef")


def test_differences_say_from_what(settings, runs, verdict):
    differences = json.loads(to_json(settings, runs, verdict))["differences"]
    assert {run: difference["from"] for run, difference in differences.items()} == {
        "a": "b", "c": "b", "d": "b", "e": "b", "f zeros": "f none",
    }  # fmt: skip
    assert differences["c"]["first_step"] == 2
    assert len(differences["c"]["by_step"]) == 25


def test_what_is_not_finite_becomes_null(settings, runs, verdict):
    broken = runs | {"c": runs["c"]._replace(loss=np.array([1.0, np.nan, np.inf]))}
    content = json.loads(to_json(settings, broken, verdict), parse_constant=no_constant)
    assert content["runs"]["c"]["loss"] == [1.0, None, None]
