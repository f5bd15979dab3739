"""Every numbered item of behaviour with the real PyTorch, live."""

import pytest
from scenarios import assert_same, recorded
from semantics_scenarios import RECORDING, SCENARIOS

real = pytest.importorskip("torch")
import funcgrad.torch as shim  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # a scenario shows the warnings that it is about


@pytest.mark.parametrize("item", SCENARIOS)
def test_the_recording_is_pytorchs(item):
    assert_same(SCENARIOS[item](real), recorded(RECORDING)[item], rtol=1e-6)


@pytest.mark.parametrize("item", SCENARIOS)
@pytest.mark.usefixtures("eager")
def test_both_now(item):
    assert_same(SCENARIOS[item](shim), SCENARIOS[item](real), rtol=1e-6)
