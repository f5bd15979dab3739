"""Records what scenarios show: `python tests/support/record/scenarios.py`, with the real torch."""

import sys
import warnings
from pathlib import Path

SUPPORT = Path(__file__).resolve().parents[1]
sys.path[0] = str(SUPPORT)  # this folder holds files named like the packages that they record

import aliasing_scenarios  # noqa: E402
import bits_scenarios  # noqa: E402
import init_scenarios  # noqa: E402
import parametrization_scenarios  # noqa: E402
import state_dict_scenarios  # noqa: E402
import subclass_scenarios  # noqa: E402
import torch  # noqa: E402
from scenarios import record  # noqa: E402

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    record(torch, aliasing_scenarios.SCENARIOS, "aliasing_scenarios")
    record(torch, bits_scenarios.SCENARIOS, "bits_scenarios")
    record(torch, init_scenarios.SCENARIOS, "init_scenarios")
    record(torch, init_scenarios.CLOSE, "init_orthogonal")
    record(torch, parametrization_scenarios.SCENARIOS, "parametrization_scenarios")
    record(torch, state_dict_scenarios.SCENARIOS, "state_dict_scenarios")
    record(torch, subclass_scenarios.SCENARIOS, "subclass_scenarios")
