"""Records what PyTorch makes of every module case: `python tests/support/record/modules.py`, with the real torch."""

import sys
import warnings
from pathlib import Path

SUPPORT = Path(__file__).resolve().parents[1]
sys.path[0] = str(SUPPORT)  # this folder holds files named like the packages that they record

import torch  # noqa: E402
from module_cases import CASES, build, given  # noqa: E402
from module_runs import Run, differentiate  # noqa: E402
from recorded_modules import pack  # noqa: E402

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    runs = []
    for training in (True, False):
        for name, options, call in CASES:
            runs.append(Run(torch, lambda n=name, o=options: build(torch, n, o), given(call, torch), {}, training))
    differentiate(torch, runs)
    pack(runs)
