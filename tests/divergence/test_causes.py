"""Known causes: two runs that differ by just one of them, which is named; and look-alikes that agree."""

import math

import pytest
from numpy_run import train

from funcgrad.divergence.case import Case
from funcgrad.divergence.causes import clipping
from funcgrad.divergence.comparison import compare_runs
from funcgrad.divergence.run import Key, load

ADAM = {"optimizer": "Adam"}
AMSGRAD = {**ADAM, "options": {"betas": (0.9, 0.5), "amsgrad": True}}
DECAYED = {"options": {"weight_decay": 0.1}}
CLIPPED = {"clip": "norm", "limit": 0.01}
SMALL = {"loss_scale": 0.003}  # gradients so small that an epsilon can be seen
MOMENTUM = {"options": {"momentum": 0.9}}

CAUSES = [
    ("initial law", {}, {"law": "normal"}),
    ("initial law", {}, {"bias": "zero"}),
    ("initial gain", {}, {"gain": 2**0.5}),
    ("seed", {}, {"law": "seed"}),
    ("transposed weights", {}, {"law": "square"}),
    ("order of first numbers", {}, {"law": "order"}),
    ("order within the batch", {}, {"batch": "rows"}),
    ("order of batches", {}, {"batch": "shifted"}),
    ("shuffling", {}, {"batch": "shuffled"}),
    ("scale of the data", {}, {"batch": "scaled"}),
    ("reduction of the loss", {}, {"weighting": "sum"}),
    ("loss scale", {}, {"loss_scale": 1024.0}),
    ("factor of the loss", {}, {"loss_scale": 1.4426950408889634}),
    ("gradients that were not cleared", {}, {"clears": False}),
    ("BatchNorm variance", {}, {"running": "biased"}),
    ("BatchNorm momentum", {}, {"running": "flax momentum"}),
    ("clipping", {}, {"clip": "norm"}),
    ("clipping", {"clip": "norm"}, {"clip": "each"}),
    ("clipping", {"clip": "norm"}, {"clip": "value", "limit": 0.01}),
    ("clip epsilon", {**CLIPPED, **SMALL, "limit": 0.001}, {**SMALL, "limit": 0.001, "clip": "norm without epsilon"}),
    ("limit of clipping", CLIPPED, {**CLIPPED, "limit": 0.02}),
    ("cosine denominator", {"schedule": "cosine"}, {"schedule": "cosine to the last step"}),
    ("schedule one step off", {"schedule": "cosine"}, {"schedule": "late"}),
    ("schedule per epoch or per step", {"schedule": "cosine"}, {"schedule": "epoch"}),
    ("another lr", {}, {"options": {"lr": 0.05}}),
    ("another eps", ADAM, {**ADAM, "options": {"eps": 1e-6}}),
    ("another betas.1", ADAM, {**ADAM, "options": {"betas": (0.9, 0.99)}}),
    ("another lr and momentum", {}, {"options": {"lr": 0.05, "momentum": 0.9}}),
    ("another optimizer", ADAM, {"options": {"lr": 0.01}}),
    ("parameter that is not updated", {}, {"frozen": "second.bias"}),
    ("epsilon placement", ADAM, {**ADAM, "epsilon": "inside"}),
    ("epsilon placement", {**ADAM, **SMALL}, {**ADAM, **SMALL, "epsilon": "uncorrected"}),
    ("bias correction", ADAM, {**ADAM, "correction": "none"}),
    ("AMSGrad", {**AMSGRAD, "amsgrad": "raw"}, {**AMSGRAD, "amsgrad": "corrected"}),
    ("AMSGrad", {**AMSGRAD, "amsgrad": "raw"}, {**AMSGRAD, "options": {"betas": (0.9, 0.5)}}),
    ("decoupled weight decay", {**ADAM, **DECAYED}, {**ADAM, **DECAYED, "decay": "decoupled"}),
    ("decoupled weight decay", {**ADAM, **DECAYED}, {**ADAM, **DECAYED, "decay": "without rate"}),
    ("decoupled weight decay", {**MOMENTUM, "options": {"momentum": 0.9, "weight_decay": 0.1}},
     {"options": {"momentum": 0.9, "weight_decay": 0.1}, "decay": "decoupled"}),
    ("momentum", {**MOMENTUM, "schedule": "cosine"}, {**MOMENTUM, "schedule": "cosine", "momentum_rule": "rate in buffer"}),
    ("momentum", MOMENTUM, {**MOMENTUM, "momentum_rule": "average"}),
    ("Nesterov momentum", MOMENTUM, {**MOMENTUM, "nesterov": True}),
    ("epsilon placement", {"optimizer": "RMSprop"}, {"optimizer": "RMSprop", "epsilon": "inside"}),
    ("start of the average", {"optimizer": "RMSprop"}, {"optimizer": "RMSprop", "start": 1.0}),
    ("start of the sum", {"optimizer": "Adagrad"}, {"optimizer": "Adagrad", "start": 0.1}),
]  # fmt: skip


def compared(tmp_path, a, b, limit=16):
    paths = [train(tmp_path / f"{name}.npz", **changes) for name, changes in (("a", a), ("b", b))]
    return compare_runs(*map(load, paths), limit)


@pytest.mark.parametrize("cause, a, b", CAUSES)
def test_a_cause_is_named_from_either_side(tmp_path, cause, a, b):
    found = compared(tmp_path, a, b)
    assert found.explanation.cause == cause, found
    turned = compared(tmp_path, b, a)
    assert turned.explanation.cause == cause
    assert not found.agrees
    assert [*found.explanation.does] == [*turned.explanation.does][::-1]


ALIKE = [
    ({}, {}),
    ({"parts": (12,)}, {"parts": (4, 4, 4)}),
    ({"parts": (12,)}, {"parts": (2, 7, 3)}),
    ({"clip": "norm", "limit": 1e6}, {}),
    ({"clip": "norm", "limit": 1e6}, {"clip": "norm without epsilon", "limit": 1e6}),
    ({**ADAM, "decay": "decoupled"}, ADAM),
    ({"clip": "norm", "limit": 0.3}, {"clip": "norm", "limit": 0.3, "parts": (4, 4, 4)}),
    ({**MOMENTUM, "momentum_rule": "rate in buffer"}, MOMENTUM),
    ({"schedule": "constant"}, {"schedule": "cosine", "steps": 1}),
]


@pytest.mark.parametrize("a, b", ALIKE)
def test_what_amounts_to_the_same_agrees(tmp_path, a, b):
    found = compared(tmp_path, a, b, limit=64)
    assert found.agrees, found.walk.first
    assert found.explanation is None


@pytest.mark.parametrize("share", [0.5, 1 - 1e-6, 1.0, 1 + 1e-6])
def test_runs_that_drift_across_the_limit_of_clipping_are_clipped_alike(tmp_path, share):
    plain = load(train(tmp_path / "plain.npz"))
    norm = math.hypot(*(plain.get(2, "grad", name).norm for name in plain.parameters()))
    a, b = ({"clip": "norm", "limit": share * norm, "rounding": noise} for noise in (0.0, 1e-3))
    found = compared(tmp_path, a, b)
    assert found.walk.first.key.family in ("sum", "loss")
    assert (
        clipping.explain(Case(found.pairing.a, found.pairing.b, found.walk.first._replace(key=Key(6, "param")))) is None
    )
