"""Records what PyTorch makes of every sample: `python tests/support/record/ops.py`, with the real torch."""

import sys
import warnings
from pathlib import Path

SUPPORT = Path(__file__).resolve().parents[1]
sys.path[0] = str(SUPPORT)  # this folder holds files named like the packages that they record

from recorded_outcomes import pack  # noqa: E402
from samples import SAMPLES  # noqa: E402
from torch_outcomes import torch_outcomes  # noqa: E402

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    pack({name: [torch_outcomes(name, sample) for sample in samples] for name, samples in SAMPLES.items()})
