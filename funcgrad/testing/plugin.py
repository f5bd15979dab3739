"""A pytest plugin: several CPU devices, and fixtures for tests of training code.

Switch it on with `pytest_plugins = ["funcgrad.testing.plugin"]` in the root `conftest.py`, or with
`-p funcgrad.testing.plugin`. `--devices 8` gives a CPU eight devices; it needs `-p`, to come before JAX starts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import jax
import pytest

from funcgrad.train import DataParallel

COMPILED = "/jax/core/compile/backend_compile_duration"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--devices`."""
    parser.addoption("--devices", type=int, default=None, help="simulated CPU devices for JAX")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and make the devices."""
    config.addinivalue_line("markers", "devices(count): skip the test where JAX has fewer devices")
    count = config.getoption("--devices")
    if count is not None:
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = f"{flags} --xla_force_host_platform_device_count={count}".strip()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs more devices than there are."""
    marker = item.get_closest_marker("devices")
    if marker is not None and jax.device_count() < marker.args[0]:
        pytest.skip(f"needs {marker.args[0]} devices, JAX has {jax.device_count()}: run pytest with --devices")


@pytest.fixture
def key() -> jax.Array:
    """The random key of seed 0."""
    return jax.random.key(0)


@pytest.fixture
def parallel() -> DataParallel:
    """A batch shared between all devices."""
    return DataParallel.over()


class Compilations:
    """How many programs XLA has compiled since the test began."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, event: str, duration_secs: float, **kwargs: Any) -> None:
        """Count an event of JAX's monitoring."""
        self.count += event == COMPILED


@pytest.fixture
def compilations() -> Iterator[Compilations]:
    """A counter of compiled programs: `compilations.count`."""
    counter = Compilations()
    jax.monitoring.register_event_duration_secs_listener(counter)
    yield counter
    jax.monitoring.unregister_event_duration_listener(counter)
