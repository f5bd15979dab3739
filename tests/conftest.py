"""Before JAX starts: several CPU devices, so that sharding can be tested on any machine; programs kept for one run."""

import os
import tempfile

os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=4".strip()
os.environ["FUNCGRAD_CACHE"] = ""  # nothing is left in the user's folders
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:  # the workers and children of a run share the programs of its first
    PROGRAMS = tempfile.TemporaryDirectory(prefix="funcgrad-programs-")
    os.environ["JAX_COMPILATION_CACHE_DIR"] = PROGRAMS.name
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"

import jax
import pytest
from hypothesis import settings

from funcgrad.trace import CREDIT, EAGER, LONGEST, current, forget, set_credit, set_longest, stats

settings.register_profile("untimed", deadline=None)  # an example may be the first to compile something
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def fresh_trace():
    """Nothing pending, and nothing remembered that decides what is compiled: a test does not depend on earlier ones."""
    trace = current()
    trace.clear()
    trace.passes, trace.micro_batches = 0, 1
    stats.debt = 0
    set_credit(CREDIT)


@pytest.fixture
def eager():
    """One program for each operator: the cases of a test share them, and none is huge."""
    set_longest(EAGER)
    yield
    set_longest(LONGEST)


@pytest.fixture
def interpreted(fresh_trace):
    """What the host can compute of a trace it does, as in a script that has just begun; without a program."""
    set_credit(0)


@pytest.fixture(scope="module")
def own_programs():
    """What the tests of this file compile is gone after them."""
    yield
    forget()
    jax.clear_caches()


@pytest.fixture
def unoptimized(own_programs):
    """XLA's programs without LLVM's optimizations, a third sooner: for tables that are compared within tolerances.

    Not for draws, whose last bits are compared.
    """
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
