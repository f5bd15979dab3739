"""State dictionaries: what others hang on saving and loading, against recorded behaviour of PyTorch."""

import pytest
import state_dict_scenarios
from scenarios import replay

import funcgrad.torch as torch

pytestmark = pytest.mark.filterwarnings("ignore:Positional args are being deprecated:FutureWarning")

test_what_is_saved_and_loaded = replay(torch, state_dict_scenarios.SCENARIOS, "state_dict_scenarios")
