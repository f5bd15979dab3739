"""Before JAX starts: several CPU devices, so that sharding can be tested on any machine; no program cache."""

import os

os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=4".strip()
os.environ["FUNCGRAD_CACHE"] = ""  # tests compile for themselves, and leave nothing in the user's folders

import pytest
from hypothesis import settings

from funcgrad.trace import current, stats

settings.register_profile("untimed", deadline=None)  # an example may be the first to compile something
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def fresh_trace():
    """Nothing pending, and nothing remembered that decides what is compiled: a test does not depend on earlier ones."""
    current().clear()
    stats.news = 0
