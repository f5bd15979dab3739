"""The bad inputs of PyTorch's own databases: what PyTorch refuses, the shim refuses, with its type and in its words.

A text agrees if it is PyTorch's or matches what PyTorch's own tests expect of it.
"""

import re
import tomllib
from pathlib import Path

import pytest
from bad_inputs import difference, of_module, of_operator, of_optimizer
from op_db import entries, function_of
from torch.testing._internal.common_modules import module_db
from torch.testing._internal.common_optimizers import optim_db

import funcgrad.torch as shim

LEFT_OUT = {
    r"refers? to a single memory location": "`out=` gets a value of its own, so its memory does not matter",
    r"resize storage that is not resizable": "storages have no fixed size",
    r"out tensor to have|argument 'out'|tensor out, got|out's dtype": "`out=` of another dtype gets the values, cast",
    r"for strided tensors only|Sparse params": "there are no sparse layouts to ask for",
    r"only tensors with up to 64 dims|to be on the same device": "NumPy has no such arrays",
    r"descriptor '__|no attribute 'reciprocal'": "a method of tensors called on a number",
    r"please report an enhancement request": "an internal assertion",
}
"""Texts of PyTorch that are not looked for, and why."""

LEDGER = Path(__file__).parents[1] / "support" / "known_differences.toml"
PREFIX = "error_inputs "
KNOWN = {
    name.removeprefix(PREFIX): {place for entry in entries for place in entry["samples"]}
    for name, entries in tomllib.loads(LEDGER.read_text(encoding="utf-8")).items()
    if name.startswith(PREFIX)
}
"""The places of the inputs whose errors differ in text or type."""


def named(database, func, home, name_of):
    """The entries of a database that say what is bad, by name."""
    with_inputs = [info for info in database if getattr(info, func)]
    return {name: info for info in with_inputs if hasattr(home, name := name_of(info))}


OPERATORS = {name: info for name, info in entries().items() if info.error_inputs_func and function_of(info)}
MODULES = named(module_db, "module_error_inputs_func", shim.nn, lambda info: info.name.removeprefix("nn."))
OPTIMIZERS = named(optim_db, "optim_error_inputs_func", shim.optim, lambda info: info.optim_cls.__name__)

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("eager")]


def check(name, answers):
    """That the shim's answers are PyTorch's, but for those that are known to differ."""
    found = {}
    for place, (ours, theirs, regex) in enumerate(answers):
        if theirs is None or any(re.search(text, str(theirs)) for text in LEFT_OUT):
            continue
        if differs := difference(ours, theirs, regex):
            found[place] = differs, f"{ours!r} is not {theirs!r}"
    assert found.keys() == KNOWN.get(name, set()), found
    assert all(differs != "silent" for differs, _ in found.values()), found


@pytest.mark.parametrize("name", OPERATORS)
def test_operator_refuses_as_pytorch_does(name):
    info = OPERATORS[name]
    check(name, of_operator(info, function_of(info)))


@pytest.mark.parametrize("name", MODULES)
def test_module_refuses_as_pytorch_does(name):
    check(name, of_module(MODULES[name], getattr(shim.nn, name)))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer_refuses_as_pytorch_does(name):
    check(name, of_optimizer(OPTIMIZERS[name], getattr(shim.optim, name)))
