"""As under `funcgrad run`, the host computes what is new; the live comparisons compile."""

import pytest

from funcgrad.trace import set_credit


@pytest.fixture(autouse=True)
def host_first(fresh_trace):
    set_credit(0)
