"""Ports to JAX and optax: what sets their rules apart from PyTorch's is named, under PyTorch's names and layouts."""

import optax
import optax_run
import pytest
import torch_run

import funcgrad.optim as ours
import funcgrad.torch as torch
from funcgrad.divergence.comparison import compare_runs
from funcgrad.divergence.run import load


def compared(tmp_path, optimizer, port, limit=64, **settings):
    path = torch_run.train(torch, tmp_path / "a.npz", norm="none", optimizer=optimizer, **settings)
    a = load(path)
    path = optax_run.train(tmp_path / "b.npz", optax_run.params_of(a), port, optimizer[1], **settings)
    return compare_runs(a, load(path), limit)


def test_names_and_layouts_are_paired(tmp_path):
    found = compared(tmp_path, ("SGD", {"lr": 0.1, "momentum": 0.9}), optax.sgd(0.1, 0.9))
    assert found.agrees
    assert found.explanation is None
    assert found.pairing.renamed == {
        "0.weight": "dense1.kernel", "0.bias": "dense1.bias", "2.weight": "dense2.kernel", "2.bias": "dense2.bias",
    }  # fmt: skip


PORTS = [
    (("Adam", {"lr": 0.01, "weight_decay": 0.1}), optax.adamw(0.01, weight_decay=0.1), "decoupled weight decay"),
    (("Adam", {"lr": 0.01}), optax.adam(0.01, eps=0, eps_root=1e-8), "epsilon placement"),
    (("RMSprop", {"lr": 0.01}), optax.rmsprop(0.01, decay=0.99), "epsilon placement"),
    (("Adagrad", {"lr": 0.01}), optax.adagrad(0.01), "start of the sum"),
]


@pytest.mark.parametrize("optimizer, port, cause", PORTS)
def test_what_a_port_does_otherwise_is_named(tmp_path, optimizer, port, cause):
    found = compared(tmp_path, optimizer, port)
    assert found.explanation.cause.startswith(cause)
    assert not found.agrees


def test_a_clip_epsilon_within_the_limit_is_told(tmp_path):
    found = compared(tmp_path, ("SGD", {"lr": 0.1}), optax.sgd(0.1), clip=0.01)
    assert found.agrees
    assert found.explanation.cause == "clip epsilon"
    assert found.explanation.does[1] == "divides by the norm"


@pytest.mark.parametrize(
    "optimizer, port",
    [
        (("Adam", {"lr": 0.01, "weight_decay": 0.1}), ours.adam(0.01, weight_decay=0.1)),
        (("AdamW", {"lr": 0.01}), ours.adamw(0.01)),
        (("RMSprop", {"lr": 0.01, "momentum": 0.9}), ours.rmsprop(0.01, momentum=0.9)),
        (("Adagrad", {"lr": 0.01}), ours.adagrad(0.01)),
    ],
)
def test_the_rules_of_funcgrad_agree(tmp_path, optimizer, port):
    found = compared(tmp_path, optimizer, port)
    assert found.agrees
    assert found.explanation is None or found.explanation.cause == "rounding"
