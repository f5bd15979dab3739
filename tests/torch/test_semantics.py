"""Every numbered item of behaviour, as PyTorch showed it when it was recorded."""

import tomllib
from contextlib import nullcontext
from pathlib import Path

import pytest
from scenarios import assert_same, recorded
from semantics_scenarios import RECORDING, SCENARIOS

import funcgrad.torch as torch

EXPECTED = recorded(RECORDING)
LEDGER = Path(__file__).parents[1] / "support" / "known_differences.toml"
KNOWN = tomllib.loads(LEDGER.read_text(encoding="utf-8"))
pytestmark = pytest.mark.filterwarnings("ignore")  # a scenario shows the warnings that it is about


@pytest.mark.parametrize("item", SCENARIOS)
def test_item(item):
    assert item in EXPECTED, "record it: python tests/support/record/semantics.py"
    with pytest.raises(AssertionError) if item in KNOWN else nullcontext():
        assert_same(SCENARIOS[item](torch), EXPECTED[item], rtol=1e-6)


def test_nothing_is_recorded_that_no_scenario_shows():
    assert EXPECTED.keys() <= SCENARIOS.keys()


@pytest.mark.parametrize("item", SCENARIOS)
def test_a_scenario_states_its_behaviour_in_a_line(item):
    stated = SCENARIOS[item].__doc__
    assert stated
    assert "\n" not in stated
