"""Records PyTorch's schedules: `python tests/support/record/schedules.py`, with the real torch."""

import json
import sys
import warnings
from pathlib import Path

SUPPORT = Path(__file__).resolve().parents[1]
sys.path[0] = str(SUPPORT)  # this folder holds files named like the packages that they record

from torch_schedules import all_values  # noqa: E402

if __name__ == "__main__":
    warnings.simplefilter("ignore")  # PyTorch asks not to pass an epoch, which alone gives the closed form
    lines = (f"{json.dumps(name)}: {json.dumps(values)}" for name, values in all_values().items())
    (SUPPORT / "recorded" / "schedules.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
