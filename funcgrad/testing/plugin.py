"""A pytest plugin: several CPU devices, and fixtures for tests of training code.

Installed with funcgrad as `pytest_funcgrad`, a module of its own at the top level: every pytest of the environment
loads it, so nothing here imports JAX or funcgrad before a test asks for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import jax

    from funcgrad.train import DataParallel

COMPILED = "/jax/core/compile/backend_compile_duration"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--jax-devices`."""
    group = parser.getgroup("funcgrad", "JAX, by funcgrad")
    group.addoption("--jax-devices", type=int, metavar="COUNT", help="how many devices a CPU shows to JAX")


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Make the devices, before a conftest.py can start JAX."""
    count = early_config.known_args_namespace.jax_devices
    if count is not None:
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = f"{flags} --xla_force_host_platform_device_count={count}".strip()


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", "jax_devices(count): skip the test where JAX has fewer devices")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs more devices than there are."""
    marker = item.get_closest_marker("jax_devices")
    if marker is None:
        return
    import jax

    (count,) = marker.args
    if jax.device_count() < count:
        pytest.skip(f"needs {count} devices, JAX has {jax.device_count()}: run pytest with --jax-devices {count}")


@pytest.fixture
def key() -> jax.Array:
    """The random key of seed 0."""
    import jax

    return jax.random.key(0)


@pytest.fixture
def parallel() -> DataParallel:
    """A batch shared between all devices."""
    from funcgrad.train import DataParallel

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
    import jax

    counter = Compilations()
    jax.monitoring.register_event_duration_secs_listener(counter)
    yield counter
    jax.monitoring.unregister_event_duration_listener(counter)
