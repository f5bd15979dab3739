"""Records what scenarios show: `python tests/support/record/scenarios.py`, with the real torch."""

import sys
import warnings
from pathlib import Path

SUPPORT = Path(__file__).resolve().parents[1]
sys.path[0] = str(SUPPORT)  # this folder holds files named like the packages that they record

import amp_scenarios  # noqa: E402
import clip_scenarios  # noqa: E402
import lr_scenarios  # noqa: E402
import optimizer_scenarios  # noqa: E402
import torch  # noqa: E402
from scenarios import record  # noqa: E402

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for module in (optimizer_scenarios, lr_scenarios, amp_scenarios, clip_scenarios):
        record(torch, module.SCENARIOS, module.__name__)
