"""Recorded runs of PyTorch against the shim: what the rounding of both leaves, and nothing else."""

from pathlib import Path

import pytest
import torch_run

import funcgrad.torch as torch
from funcgrad.divergence.comparison import compare_runs
from funcgrad.divergence.run import load
from funcgrad.trace import EAGER, LONGEST, set_longest

RECORDED = Path(__file__).parents[1] / "support" / "recorded"
ULP = 16


@pytest.fixture(autouse=True)
def eager():
    set_longest(EAGER)
    yield
    set_longest(LONGEST)


def compared(tmp_path, name, **changes):
    ours = torch_run.train(torch, tmp_path / "run.npz", **{**torch_run.TRAININGS[name], **changes})
    return compare_runs(load(str(RECORDED / f"divergence_{name}.npz")), load(ours), ULP)


def test_sgd_agrees_in_every_step(tmp_path):
    found = compared(tmp_path, "sgd")
    assert found.walk.first is None
    assert [*found.walk.largest] == [0, 1, 2, 3, 4]
    assert found.explanation is None


@pytest.mark.parametrize("name", ["adamw", "rmsprop"])
def test_rules_that_divide_by_the_gradient_agree_up_to_rounding(tmp_path, name):
    """The bias before BatchNorm has the gradient 0 in exact arithmetic; the rules make steps of what rounding leaves."""
    found = compared(tmp_path, name)
    assert found.agrees
    assert found.walk.first.key == (1, "param", "0.bias")
    assert max(ulp for family, ulp in found.walk.largest[1].items() if family != "param") <= ULP
    assert found.explanation.cause == "rounding"


CHANGES = [
    ("sgd", {"epsilon": 1e-3}, "setting of a module"),
    ("sgd", {"optimizer": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True})}, "Nesterov momentum"),
    ("sgd", {"clears": "never"}, "gradients that were not cleared"),
    ("rmsprop", {"weighting": "undivided"}, "division by the number of parts"),
    ("adamw", {"clip": 0.25}, "limit of clipping"),
]


@pytest.mark.parametrize("name, changes, cause", CHANGES)
def test_what_is_changed_is_named(tmp_path, name, changes, cause):
    found = compared(tmp_path, name, **changes)
    assert found.explanation.cause == cause
    assert not found.agrees
