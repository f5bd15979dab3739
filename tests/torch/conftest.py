"""As under `funcgrad run`, the host computes what is new; the live comparisons compile."""

import pytest


@pytest.fixture(autouse=True)
def host_first(interpreted):
    pass
