"""The table of docs/audit.md: what other tools find in the corpus, from `tests/audit/linters.json`.

Print it with `python tests/support/linter_table.py` when the corpus or the record has changed.
"""

import json
import re
from pathlib import Path

AUDIT = Path(__file__).parents[1] / "audit"
TOOLS = ("mldoct", "dslinter", "TorchFix", "PyTorch")
GROUPS = {
    "`zero_grad` missing, or elsewhere": ("FG001",),
    "`zero_grad` between backward and step": ("FG002",),
    "a second step with the same gradients": ("FG003",),
    "gradients of evaluation, of another loss": ("FG004", "FG005"),
    "accumulation not divided, uneven, torn, cut off": ("FG006", "FG007", "FG020", "FG022"),
    "order of scaler, clip and step": ("FG008", "FG009", "FG010", "FG011", "FG019"),
    "parameters and optimizer apart": ("FG012", "FG013", "FG014"),
    "zeros for None": ("FG015",),
    "update in the graph, saved value changed": ("FG016", "FG021"),
    "sum of losses keeps graphs": ("FG017",),
    "scheduler first": ("FG018",),
}


def corpus():
    """Names of the scripts by the code of their mistake; None: they are right."""
    found = {}
    for path in sorted((AUDIT / "corpus").glob("*.py")):
        marks = sorted(set(re.findall(r"# (FG\d{3})$", path.read_text(), re.MULTILINE)))
        found.setdefault(marks[0] if marks else None, []).append(path.stem)
    return found


def rows():
    """The lines of the table."""
    record, scripts = json.loads((AUDIT / "linters.json").read_text()), corpus()
    versions = [f"{tool} {record[tool]['version']}" for tool in TOOLS]
    yield f"| mistake | scripts | funcgrad | {' | '.join(versions)} |"
    yield "|---" * (3 + len(TOOLS)) + "|"
    for title, codes in [*GROUPS.items(), ("none: false alarms", None)]:
        names = scripts[None] if codes is None else [name for code in codes for name in scripts.get(code, [])]
        counts = [sum(name in record[tool]["found"] for name in names) for tool in TOOLS]
        ours = 0 if codes is None else len(names)
        shown = title if codes is None else f"{title} ({', '.join(codes)})"
        yield f"| {shown} | {len(names)} | {ours} | {' | '.join(map(str, counts))} |"


if __name__ == "__main__":
    print("\n".join(rows()))
