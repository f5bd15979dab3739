"""Records 200 steps of PyTorch's optimizers: `python tests/support/record/long_runs.py`, with the real torch."""

import sys
from pathlib import Path

import numpy as np
import torch

SUPPORT = Path(__file__).resolve().parents[1]
sys.path[0] = str(SUPPORT)  # this folder holds files named like the packages that they record

from optimizer_cases import CASES, LONG_RUN, SEEN, start_of  # noqa: E402
from torch_trajectory import torch_trajectory  # noqa: E402

DTYPES = {"float64": torch.float64, "float32": torch.float32}


def record(name, index, dtype):
    """Every 20th step of each parameter, one after the other, in the dtype of the run."""
    trajectory = torch_trajectory(name, index, LONG_RUN, DTYPES[dtype])
    return np.concatenate([trajectory[leaf][SEEN].ravel() for leaf in start_of(name)]).astype(dtype)


if __name__ == "__main__":
    runs = {f"{name}/{index}/{dtype}": record(name, index, dtype) for name, index in CASES for dtype in DTYPES}
    np.savez_compressed(SUPPORT / "recorded" / "long_runs.npz", **runs)
