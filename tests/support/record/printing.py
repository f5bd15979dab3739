"""Records PyTorch's texts of the printing cases.

PYTHONPATH=tests/support python tests/support/record/printing.py
"""

import json
from pathlib import Path

from printing_cases import RECORDED
from torch_printing import torch_text

OUT = Path(__file__).parents[1] / "recorded" / "printing.json"

if __name__ == "__main__":
    OUT.write_text(json.dumps([torch_text(case) for case in RECORDED], indent=0) + "\n", encoding="utf-8")
