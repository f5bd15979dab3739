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


def run(tmp_path, cache):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, "-m", "funcgrad", "run", str(script)]
    environment = {**os.environ, "FUNCGRAD_CACHE": str(cache)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def test_a_second_process_finds_the_programs_of_the_first(tmp_path):
    cache = tmp_path / "cache"
    assert run(tmp_path, cache) == "6.0\n"
    entries = {p: p.stat().st_mtime_ns for p in cache.rglob("*-*") if not p.name.endswith("-atime")}
    assert sum(p.name.startswith("funcgrad-") for p in entries) == 2  # a program, and shapes
    assert run(tmp_path, cache) == "6.0\n"
    assert {p: p.stat().st_mtime_ns for p in cache.rglob("*-*") if not p.name.endswith("-atime")} == entries


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
