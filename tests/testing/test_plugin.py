import subprocess
import sys

import pytest

TESTS = """
import jax, jax.numpy as jnp, pytest

@pytest.mark.devices(3)
def test_three(parallel):
    assert parallel.mesh.size == 3

@pytest.mark.devices(64)
def test_skipped():
    raise AssertionError

def test_compilations(key, compilations):
    f = jax.jit(lambda x: x + jax.random.normal(key))
    x = jnp.ones(3)
    before = compilations.count
    f(x), f(x)
    assert compilations.count == before + 1
"""


@pytest.fixture
def run(tmp_path):
    (tmp_path / "test_it.py").write_text(TESTS)

    def run(*options):
        command = [sys.executable, "-m", "pytest", "-p", "funcgrad.testing.plugin", "--strict-markers", "-rs", *options]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout

    return run


def test_devices_marker_and_fixtures(run):
    shown = run("--devices", "3")
    assert "2 passed, 1 skipped" in shown
    assert "needs 64 devices, JAX has 3: run pytest with --devices" in shown
