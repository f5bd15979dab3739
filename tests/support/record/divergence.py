"""Records small trainings of PyTorch: `python tests/support/record/divergence.py`, with the real torch."""

import sys
from pathlib import Path

import torch

SUPPORT = Path(__file__).resolve().parents[1]
sys.path[0] = str(SUPPORT)  # this folder holds files named like the packages that they record

from torch_run import TRAININGS, train  # noqa: E402

if __name__ == "__main__":
    for name, settings in TRAININGS.items():
        train(torch, SUPPORT / "recorded" / f"divergence_{name}.npz", **settings)
