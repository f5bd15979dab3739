import subprocess
import sys
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "funcgrad" / "testing" / "plugin.py"
TESTS = """
import jax, jax.numpy as jnp, pytest

@pytest.mark.jax_devices(3)
def test_three(parallel):
    assert parallel.mesh.size == 3

@pytest.mark.jax_devices(64)
def test_skipped():
    raise AssertionError

def test_compilations(key, compilations):
    f = jax.jit(lambda x: x + jax.random.normal(key))
    x = jnp.ones(3)
    before = compilations.count
    f(x), f(x)
    assert compilations.count == before + 1
"""
PLAIN = """
import sys

def test_nothing_of_ours():
    assert not {"jax", "funcgrad", "optax"} & set(sys.modules)
"""


@pytest.fixture
def run(tmp_path):
    def run(tests, *options):
        (tmp_path / "test_it.py").write_text(tests)
        command = [sys.executable, "-m", "pytest", "--strict-markers", "-rs", *options]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout

    return run


def test_devices_marker_and_fixtures(run, tmp_path):
    (tmp_path / "conftest.py").write_text("import jax.numpy\nONE = jax.numpy.ones(())")  # it starts JAX
    shown = run(TESTS, "--jax-devices", "3")
    assert "2 passed, 1 skipped" in shown
    assert "needs 64 devices, JAX has 3: run pytest with --jax-devices 64" in shown


def test_the_plugin_loads_itself_and_nothing_else(run):
    assert "1 passed" in run(PLAIN)
    assert "--jax-devices=COUNT" in run(PLAIN, "--help")


def test_the_installed_plugin_is_the_one_in_the_sources():
    (plugin,) = (entry.value for entry in entry_points(group="pytest11") if entry.name == "funcgrad")
    installed = Path(find_spec(plugin).origin)
    assert installed.read_text(encoding="utf-8") == SOURCE.read_text(encoding="utf-8"), "pip install -e . again"
