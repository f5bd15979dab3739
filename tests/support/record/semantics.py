"""Records what the items of behaviour show: `python tests/support/record/semantics.py`, with the real torch."""

import sys
import warnings
from pathlib import Path

SUPPORT = Path(__file__).resolve().parents[1]
sys.path[0] = str(SUPPORT)  # this folder holds files named like the packages that they record

import torch  # noqa: E402
from scenarios import record  # noqa: E402
from semantics_scenarios import RECORDING, SCENARIOS  # noqa: E402

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    record(torch, SCENARIOS, RECORDING)
