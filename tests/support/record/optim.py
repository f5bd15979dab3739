"""Records PyTorch's optimizer trajectories: `python tests/support/record/optim.py`, with the real torch."""

import sys
from pathlib import Path

import numpy as np

SUPPORT = Path(__file__).resolve().parents[1]
sys.path[0] = str(SUPPORT)  # this folder holds files named like the packages that they record

from optimizer_cases import CASES, RECORDED_STEPS, packed  # noqa: E402
from torch_trajectory import torch_trajectory  # noqa: E402

if __name__ == "__main__":
    vectors = {f"{name}/{index}": packed(torch_trajectory(name, index, RECORDED_STEPS)) for name, index in CASES}
    np.savez_compressed(SUPPORT / "recorded" / "optim.npz", **vectors)
