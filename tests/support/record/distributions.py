"""Records PyTorch's answers about the distributions.

PYTHONPATH=tests/support:. python tests/support/record/distributions.py
"""

import json
import warnings
from pathlib import Path

import torch
from distribution_cases import CASES, DIVERGENCES, MISTAKES, answers, divergence, mistake, packed

OUT = Path(__file__).parents[1] / "recorded" / "distributions.json"

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    recorded = {
        "families": {name: packed(answers(torch, case)) for name, case in CASES.items()},
        "divergences": [packed(divergence(torch, pair)) for pair in DIVERGENCES],
        "mistakes": {name: mistake(torch, name) for name in MISTAKES},
    }
    OUT.write_text(json.dumps(recorded, indent=0) + "\n", encoding="utf-8")
