"""Records what PyTorch makes of the cases of `torch.linalg` and `torch.fft`: `python tests/support/record/namespaces.py`."""

import sys
import warnings
from pathlib import Path

SUPPORT = Path(__file__).resolve().parents[1]
sys.path[0] = str(SUPPORT)  # this folder holds files named like the packages that they record

import torch  # noqa: E402
from namespace_cases import CASES, outcomes  # noqa: E402
from recorded_outcomes import pack  # noqa: E402

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    made = {name: outcomes(torch, cases) for name, cases in CASES.items()}
    pack(made, SUPPORT / "recorded" / "namespaces.npz")
