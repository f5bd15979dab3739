"""Records what PyTorch makes of the spatial samples: `python tests/support/record/spatial.py`, with the real torch."""

import sys
import warnings
from pathlib import Path

SUPPORT = Path(__file__).resolve().parents[1]
sys.path[0] = str(SUPPORT)  # this folder holds files named like the packages that they record

import torch  # noqa: E402
from outcomes import finish, gradients, start  # noqa: E402
from recorded_outcomes import pack  # noqa: E402
from spatial_samples import SPATIAL  # noqa: E402


def outcome(name, sample):
    started = start(torch, getattr(torch.nn.functional, name), sample)
    gradients(torch, [started])
    return finish(started)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    found = {name: [outcome(name, sample) for sample in samples] for name, samples in SPATIAL.items()}
    pack(found, SUPPORT / "recorded" / "spatial.npz")
