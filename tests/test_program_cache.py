"""The commands' program cache: where it lies, when it is off, and that a second process compiles nothing."""

import os
import subprocess
import sys

import jax
import pytest

from funcgrad import _program_cache

SCRIPT = """
import torch
print((torch.ones(3) * 2).sum().item())
"""

TRAINING = """
import torch
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(30, 200), torch.nn.Tanh(), torch.nn.Linear(200, 1))
optimizer = torch.optim.Adam(model.parameters())
for step in range(300):
    x = torch.randn(2000, 30)
    optimizer.zero_grad()
    loss = (model(x) - x.exp().sum(1, keepdim=True)).pow(2).mean()
    loss.backward()
    optimizer.step()
    print(loss.item())
"""


@pytest.fixture(autouse=True)
def no_folder_of_the_users(monkeypatch):
    """None is chosen for JAX itself."""
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    before = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", None)
    yield
    jax.config.update("jax_compilation_cache_dir", before)


@pytest.fixture
def updates(monkeypatch):
    """What would be changed in JAX's configuration."""
    changed = {}
    monkeypatch.setattr(jax.config, "update", changed.__setitem__)
    return changed


def run(tmp_path, cache, text=SCRIPT):
    script = tmp_path / "script.py"
    script.write_text(text)
    command = [sys.executable, "-m", "funcgrad", "run", "--stats", str(script)]
    environment = {**os.environ, "FUNCGRAD_CACHE": str(cache)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)


def kept(cache):
    return {p: p.stat().st_mtime_ns for p in cache.rglob("*-*") if not p.name.endswith("-atime")}


def test_a_second_process_finds_the_programs_of_the_first_and_prints_the_same_bits(tmp_path):
    """A step is compiled where it was compiled before, though it lies in the cache from the start."""
    cache = tmp_path / "cache"
    first = run(tmp_path, cache, TRAINING)
    entries = kept(cache)
    assert sum(p.name.startswith("funcgrad-") for p in entries) > 1  # programs, and shapes
    second = run(tmp_path, cache, TRAINING)
    assert kept(cache) == entries
    assert second.stdout == first.stdout
    assert second.stderr == first.stderr


def test_what_runs_once_is_not_compiled(tmp_path):
    done = run(tmp_path, tmp_path / "cache")
    assert done.stdout == "6.0\n"
    assert "0 programs compiled" in done.stderr
    assert len(kept(tmp_path / "cache")) <= 2  # the folder and the journal of shapes


def test_an_empty_variable_turns_it_off(monkeypatch, updates):
    monkeypatch.setenv("FUNCGRAD_CACHE", "")
    _program_cache.keep_programs()
    assert not updates


def test_the_users_folder_is_the_default(monkeypatch, updates, tmp_path):
    monkeypatch.delenv("FUNCGRAD_CACHE")
    monkeypatch.setattr(_program_cache, "_users_folder", lambda: tmp_path)
    _program_cache.keep_programs()
    assert updates["jax_compilation_cache_dir"].startswith(str(tmp_path))


def test_a_folder_that_cannot_be_made_means_no_cache(monkeypatch, updates, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FUNCGRAD_CACHE", str(tmp_path / "file" / "below"))
    _program_cache.keep_programs()
    assert not updates
