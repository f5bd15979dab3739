"""The recorded items of behaviour are what the real PyTorch shows today."""

import pytest
import torch as real
from scenarios import assert_same, recorded
from semantics_scenarios import RECORDING, SCENARIOS

pytestmark = pytest.mark.filterwarnings("ignore")  # a scenario shows the warnings that it is about


@pytest.mark.parametrize("item", SCENARIOS)
def test_the_recording_is_pytorchs(item):
    assert_same(SCENARIOS[item](real), recorded(RECORDING)[item], rtol=1e-6)
