"""Causes that only PyTorch's hooks show: parts of a batch, modules, dropout, gradients of None."""

import pytest
import torch_run
from torch_run import CAUSES, train

import funcgrad.torch as torch
from funcgrad.divergence.comparison import compare_runs
from funcgrad.divergence.run import load
from funcgrad.trace import EAGER, LONGEST, set_longest


@pytest.fixture(autouse=True)
def eager():
    set_longest(EAGER)
    yield
    set_longest(LONGEST)


def compared(tmp_path, a, b, limit=16):
    paths = [train(torch, tmp_path / f"{name}.npz", **changes) for name, changes in (("a", a), ("b", b))]
    return compare_runs(*map(load, paths), limit)


@pytest.mark.parametrize("cause", CAUSES)
def test_a_cause_is_named_from_either_side(tmp_path, cause):
    a, b = CAUSES[cause]
    found = compared(tmp_path, a, b)
    turned = compare_runs(*(load(str(tmp_path / f"{name}.npz")) for name in "ba"), 16)
    assert found.explanation.cause == turned.explanation.cause == cause
    assert [*found.explanation.does] == [*turned.explanation.does][::-1]
    assert not found.agrees


def test_the_weights_of_the_parts_are_told(tmp_path):
    explanation = compared(tmp_path, *CAUSES["mean of means"]).explanation
    assert explanation.evidence == (
        "The gradient of A is that of B with its parts weighted 0.4167, 0.3333, 0.25, as their 5, 4, 3 rows."
    )


def test_a_sum_of_parts_is_compared_with_the_whole_batch(tmp_path):
    whole, parts = {"norm": "none"}, {"norm": "none", "parts": (5, 4, 3)}
    assert compared(tmp_path, whole, parts).agrees
    found = compared(tmp_path, whole, {**parts, "weighting": "mean of means"})
    assert found.explanation.cause == "mean of means"
    assert found.walk.first.key.family == "sum"


ALIKE = [
    ({}, {"clears": "zeros"}),
    ({"dropout_seed": 1}, {"dropout_seed": 1}),
    ({"head": True, "optimizer": ("SGD", {"lr": 0.1})}, {"head": True, "optimizer": ("SGD", {"lr": 0.1})}),
    ({"clip": 1e6}, {}),
    ({"optimizer": ("AdamW", {"lr": 0.01})},
     {"optimizer": ("Adam", {"lr": 0.01, "weight_decay": 0.01, "decoupled_weight_decay": True})}),
]  # fmt: skip


@pytest.mark.parametrize("a, b", ALIKE)
def test_what_amounts_to_the_same_agrees(tmp_path, a, b):
    found = compared(tmp_path, a, b, limit=0)
    assert found.agrees
    assert found.walk.first is None
    assert found.explanation is None


def test_noise_in_the_gradients_that_adam_enlarges_is_rounding(tmp_path, monkeypatch):
    """The bias before BatchNorm has the gradient 0, and what rounding leaves of it depends on the order of the rows."""
    adam = {"optimizer": ("Adam", {"lr": 0.01})}
    a = load(train(torch, tmp_path / "a.npz", **adam))
    for name in ("DATA", "LABELS"):
        turned = getattr(torch_run, name).copy()
        turned[:12] = turned[:12][::-1]
        monkeypatch.setattr(torch_run, name, turned)
    b = load(train(torch, tmp_path / "b.npz", **adam))
    for run in (a, b):  # whose batches are equal otherwise
        for key in [key for key in run.quantities if key.family in ("input", "output")]:
            del run.quantities[key]
    found = compare_runs(a, b, 64)
    assert found.explanation.cause == "rounding"
    assert found.walk.first.key == (1, "param", "0.bias")
    assert found.agrees
