"""Warnings that PyTorch gives for what works: its texts, once in a process where PyTorch says so, at the user's line."""

import math
import re
import warnings

import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad.torch import _warn_once

ONCE = {
    "float of a graph": (lambda: float(torch.ones(1, requires_grad=True)), "requires_grad=True to a scalar"),
    "root of a graph": (lambda: math.sqrt(torch.ones(1, requires_grad=True)), "Consider using tensor.detach"),
    "T of three dimensions": (lambda: torch.ones(1, 2, 3).T, "`x.T` on tensors of dimension other than 2"),
    "T of one dimension": (lambda: torch.ones(2).T, r"Consider `x.mT`"),
    "T of a number": (lambda: torch.tensor(1.0).T, "deprecated on 0-D tensors"),
    "list of a graph": (lambda: torch.tensor([torch.ones(1, requires_grad=True)]), "requires_grad=True to a scalar"),
    "cross": (lambda: torch.cross(torch.ones(2, 3), torch.ones(2, 3)), "torch.cross without specifying the dim arg"),
    "same": (lambda: torch.nn.Conv1d(1, 1, 2, padding="same")(torch.ones(1, 1, 4)), "padding='same' with even kernel"),
    "read-only array": (lambda: torch.from_numpy(np.frombuffer(b"ab", np.uint8)), "NumPy array is not writable"),
    "list of arrays": (lambda: torch.tensor([np.ones(2)]), "list of numpy.ndarrays is extremely slow"),
    "meshgrid": (lambda: torch.meshgrid(torch.ones(2), torch.ones(2)), "required to pass the indexing argument"),
    "complex of a graph": (lambda: complex(torch.ones(1, requires_grad=True)), "Consider using tensor.detach"),
    "sparse": (lambda: torch.sparse_coo_tensor([[0]], [1.0]), "Sparse invariant checks are implicitly disabled"),
    "sparse class": (
        lambda: torch.sparse.FloatTensor(torch.tensor([[0]]), torch.ones(1)),
        "SparseTensor.* is deprecated",
    ),
    "numbers first": (
        lambda: torch.ones(2).add_(2, torch.ones(2)),
        r"overload of add_ is deprecated:\n\tadd_.Number alpha",
    ),
    "storage": (lambda: torch.ones(2).storage(), "TypedStorage is deprecated"),
    "default type": (lambda: torch.set_default_tensor_type("torch.FloatTensor"), "as of PyTorch 2.1, please use"),
    "where": (lambda: torch.where(torch.ByteTensor([1]), 1.0, 0.0), "received a uint8 condition tensor"),
}
EVERY_TIME = {
    "softmin": (lambda: torch.nn.functional.softmin(torch.ones(2)), "Implicit dimension choice for softmin"),
    "checkpoint": (
        lambda: torch.utils.checkpoint.checkpoint(torch.sin, torch.ones(2, requires_grad=True)),
        "use_reent",
    ),
    "list of indices": (lambda: torch.ones(2, 2)[[[0], [1]]], r"use x.tuple.seq.. instead of x.seq."),
    "tensor of a tensor": (lambda: torch.tensor(torch.ones(2)), "To copy construct from a tensor"),
    "many workers": (lambda: torch.utils.data.DataLoader([1], num_workers=10**4), "create 10000 worker processes"),
}
SILENT = {
    "float": lambda: float(torch.ones(1)),
    "same, symmetric": lambda: torch.nn.Conv1d(1, 1, 2, padding="same", dilation=2)(torch.ones(1, 1, 4)),
    "cross along a dimension": lambda: torch.cross(torch.ones(2, 3), torch.ones(2, 3), dim=1),
    "list without grad": lambda: without_grad(lambda: torch.tensor([torch.ones(1, requires_grad=True)])),
    "item": lambda: torch.ones(1, requires_grad=True).item(),
    "float without grad": lambda: without_grad(lambda: float(torch.ones(1, requires_grad=True))),
    "int": lambda: int(torch.ones(1, requires_grad=True)),
    "L-BFGS": lambda: lbfgs_step(),
    "T": lambda: torch.ones(2, 3).T,
    "sparse, checked": lambda: torch.sparse_coo_tensor([[0]], [1.0], check_invariants=True),
    "indexing": lambda: torch.meshgrid(torch.ones(2), indexing="xy"),
    "cartesian_prod": lambda: torch.cartesian_prod(torch.ones(2), torch.ones(2)),
    "as_tensor": lambda: torch.as_tensor(torch.ones(2)),
    "old constructor": lambda: torch.FloatTensor(torch.ones(2)),
    "new array": lambda: torch.from_numpy(np.ones(2)),
}


def without_grad(call):
    with torch.no_grad():
        call()


def lbfgs_step():
    x = torch.ones(1, requires_grad=True)
    torch.optim.LBFGS([x], max_iter=1).step(lambda: (x.square().sum().backward(), (x**2).sum())[1])


@pytest.fixture(autouse=True)
def none_given_yet(monkeypatch):
    monkeypatch.setattr(_warn_once, "_given", _warn_once._Given())


def given(call):
    """The warnings of two calls."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
        call()
    return caught


@pytest.mark.parametrize("call, text", ONCE.values(), ids=ONCE)
def test_a_warning_is_given_once(call, text):
    caught = given(call)
    assert [w.filename for w in caught] == [__file__]
    assert re.search(text, str(caught[0].message))


@pytest.mark.parametrize("call, text", EVERY_TIME.values(), ids=EVERY_TIME)
def test_a_warning_is_given_every_time(call, text):
    caught = given(call)
    assert [w.filename for w in caught] == [__file__] * 2
    assert re.search(text, str(caught[0].message))


@pytest.mark.parametrize("call", SILENT.values(), ids=SILENT)
def test_what_is_as_it_should_be_gives_none(call):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        call()
