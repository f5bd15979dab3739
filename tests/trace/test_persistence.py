"""Programs and shapes that outlive the process: found again without tracing, and only where they mean the same."""

import json
import subprocess
import sys
import threading
import time

import chex
import jax
import numpy as np
import pytest
from jax.experimental.compilation_cache import compilation_cache

import funcgrad.torch as torch
from funcgrad.torch._tensor import wrap
from funcgrad.trace import (
    Op,
    background,
    break_even,
    constant,
    fingerprint,
    forget,
    inference,
    persistence,
    program,
    set_credit,
    stats,
    synchronize,
)
from funcgrad.trace.background import Task
from funcgrad.trace.choice import CREDIT


@pytest.fixture
def folder(tmp_path):
    """Where programs are kept during the test."""
    before = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    new_process()
    yield tmp_path
    jax.config.update("jax_compilation_cache_dir", before)
    new_process()


def new_process():
    """Nothing is remembered, as in another process."""
    synchronize("test")
    forget()
    compilation_cache.reset_cache()  # JAX keeps the folder that it has opened first


def programs(folder):
    return {file for file in folder.glob("funcgrad-*") if "shapes" not in file.name}


def journal(folder):
    (file,) = folder.glob("funcgrad-shapes-*")
    return file


def trained(scale=1.0):
    """A weight after a step of gradient descent."""
    weight = torch.tensor([1.0, 2.0], requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9)
    (weight.exp() * scale).sum().backward()
    optimizer.step()
    return weight.detach().numpy().copy()


def test_another_process_neither_traces_nor_infers(folder, monkeypatch):
    first = trained()
    kept = programs(folder)
    assert kept
    new_process()
    monkeypatch.setattr(program, "evaluate", None)
    monkeypatch.setattr(inference, "abstract_results", None)
    monkeypatch.setattr(break_even.Cost, "runs", None)  # for which operators are traced
    chex.assert_trees_all_equal(trained(), first)
    chex.assert_trees_all_close(trained(2.0), np.float32([1 - 0.2 * np.e, 2 - 0.2 * np.e**2]), rtol=1e-6)
    assert programs(folder) == kept


def test_a_program_that_is_found_leaves_room_for_others(folder):
    trained()
    assert stats.debt > 0
    new_process()
    trained()
    assert stats.debt == 0


@pytest.mark.parametrize("contents", [b"", b"not a program"])
def test_a_broken_file_is_not_used(folder, contents):
    first = trained()
    for file in programs(folder):
        whole = file.read_bytes()
        file.write_bytes(contents or whole[:-9])
    for _ in range(2):
        new_process()
        chex.assert_trees_all_equal(trained(), first)


def test_what_jax_has_read_is_not_written_again(folder):
    """XLA writes such a program without its code."""
    first = trained()
    for file in programs(folder):
        file.unlink()
    for _ in range(2):
        new_process()
        chex.assert_trees_all_equal(trained(), first)


@pytest.mark.parametrize("last", ['["half a li', '["half a li\n', "\n"])
def test_a_broken_journal_is_begun_anew(folder, last):
    first = trained()
    entries = len(journal(folder).read_text().splitlines())
    with journal(folder).open("a") as file:
        file.write(last)
    new_process()
    chex.assert_trees_all_equal(trained(), first)
    assert len([json.loads(line) for line in journal(folder).read_text().splitlines()]) == entries


def test_a_journal_that_grows_for_ever_is_begun_anew(folder, monkeypatch):
    trained()
    size = journal(folder).stat().st_size
    monkeypatch.setattr(persistence, "LARGEST", size)
    new_process()
    trained()
    assert journal(folder).stat().st_size == size


def test_a_folder_that_nobody_can_write_to_keeps_nothing(folder, monkeypatch):
    jax.config.update("jax_compilation_cache_dir", str(folder / "file"))
    (folder / "file").write_text("not a folder")
    with pytest.warns(UserWarning, match="persistent compilation cache"):  # JAX says so, once it has looked
        chex.assert_shape(trained(), (2,))
    assert (folder / "file").read_text() == "not a folder"


def test_arrays_of_another_device_are_computed_there(folder):
    for device in jax.devices()[:2]:
        for _ in range(2):
            x = wrap(constant(jax.device_put(np.float32([1, 2]), device)))
            y = (x.exp() + 1).__jax_array__()
            assert y.devices() == {device}
            np.testing.assert_allclose(y, np.exp([1, 2]) + 1, rtol=1e-6)
        new_process()


def test_a_program_that_waits_is_not_compiled_for_another_default_dtype(folder, monkeypatch):
    opened, begun = threading.Event(), threading.Event()
    Task(lambda: (begun.set(), opened.wait(60)))
    assert begun.wait(60)
    monkeypatch.setattr(break_even.Cost, "runs", 4)
    set_credit(0)
    for _ in range(4):
        (torch.arange(6) / 7).sum().item()
    threading.Timer(0.1, opened.set).start()
    assert background._queue._waiting
    try:
        torch.set_default_dtype(torch.float64)
        while background.is_busy():
            time.sleep(0.01)
    finally:
        torch.set_default_dtype(torch.float32)
        set_credit(CREDIT)
    assert not programs(folder)


def test_another_process_finds_lapack(tmp_path):
    script = FACTORIZATION.format(folder=str(tmp_path))
    first, second = (run(sys.executable, "-c", script) for _ in range(2))
    assert first == "0 2.0\n"
    assert second == "1 2.0\n"


FACTORIZATION = """
import gc
import jax
jax.config.update("jax_compilation_cache_dir", {folder!r})
import funcgrad.torch as torch
from funcgrad.trace.persistence import Loadable
value = torch.linalg.cholesky(torch.tensor([[4.0]])).item()
print(sum(x.was_loaded for x in gc.get_objects() if isinstance(x, Loadable)), value)
"""


def test_an_operator_of_somebody_elses_is_not_kept(folder):
    double = Op("double", lambda x: x * 2)
    assert fingerprint.of_operator(double, (), ()) is None
    assert fingerprint.of_operator(Op("twice", np.add), (), ()) is not None
    assert fingerprint.of_operator(Op("twice", np.add), (object(),), ()) is None


def test_all_operators_have_names_of_their_own():
    names = run(sys.executable, "-c", NAMES).split()
    assert len(names) > 300
    assert "None" not in names
    assert len(set(names)) == len(names)


NAMES = """
import gc
import funcgrad.torch
from funcgrad.trace import Op, fingerprint

for op in gc.get_objects():
    if isinstance(op, Op):
        print(fingerprint.of_operator(op, (), ()))
"""


def run(*command):
    """What a process of its own prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def made(value):
    def inner(x, *, scale=2.0):
        return x * scale + value

    inner.__module__ = "funcgrad.made"
    return inner


def test_what_an_operator_closes_over_is_in_its_name():
    def name(function):
        return fingerprint.of_operator(Op("made", function), (), ())

    assert name(made(1)) == name(made(1)) is not None
    others = [made(1), made(1.0), made(True), made("1"), made(np.ones(1)), made(np.zeros(1)), made(made(1)), made((1,))]
    weaker = made(1)
    weaker.__kwdefaults__ = {"scale": 3.0}
    assert len({name(f) for f in (*others, weaker)}) == len(others) + 1


def test_what_an_operator_does_is_in_its_name():
    added, taken = (lambda x: x + 1), (lambda x: x - 1)
    added.__module__ = taken.__module__ = "funcgrad.made"
    assert len({fingerprint.of_operator(Op("made", f), (), ()) for f in (added, taken)}) == 2


def test_a_function_that_closes_over_itself_has_a_name():
    def count(x):
        return x if x.ndim == 0 else count(x[0])

    count.__module__ = "funcgrad.made"
    assert fingerprint.of_operator(Op("count", count), (), ()) is not None


def test_settings_and_the_default_dtype_are_in_the_name():
    names = {fingerprint.of_surroundings()}
    with jax.default_matmul_precision("float32"):
        names.add(fingerprint.of_surroundings())
    torch.set_default_dtype(torch.float64)
    names.add(fingerprint.of_surroundings())
    torch.set_default_dtype(torch.float32)
    assert len(names) == 3


def test_the_default_dtype_is_not_mistaken(folder):
    def ratio():
        return (torch.tensor([1, 2]) / 3).numpy()

    torch.set_default_dtype(torch.float64)
    assert ratio().dtype == np.float64
    torch.set_default_dtype(torch.float32)
    assert ratio().dtype == np.float32
