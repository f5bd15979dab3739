"""What other tools find in the corpus, recorded in `linters.json`; docs/audit.md shows it.

Run it once in each environment that has some of the tools (mldoct, dslinter with pylint, torchfix, PyTorch); what is
missing keeps its old entry:
    python tests/audit/record_linters.py
"""

import contextlib
import importlib.metadata
import importlib.util
import io
import json
import re
import runpy
import shutil
import subprocess
import warnings
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = sorted((HERE / "corpus").glob("*.py"))
RECORD = HERE / "linters.json"
OF_GRADIENTS = {"missing_zero_grad", "oom_leak"}
"""Findings of mldoct that concern gradients; the others are about DataLoader workers, eval() and a missing clip."""


def mldoct(paths):
    """Rules that fire, by their names; its linter alone needs none of the package's requirements."""
    (folder,) = importlib.util.find_spec("mldoctor").submodule_search_locations
    lint = runpy.run_path(str(Path(folder) / "linter.py"))["lint_script"]
    return {path.stem: sorted({each["type"] for each in lint(str(path))[0]} & OF_GRADIENTS) for path in paths}


def dslinter(paths):
    """Its one rule about gradients."""
    return told(paths, ["pylint", "--load-plugins=dslinter", "--disable=all", "--enable=W5517"], r"\(([a-z-]+)\)$")


def torchfix(paths):
    """Its one rule about gradients, where its release has it."""
    return told(paths, ["torchfix", "--select=ALL", "--show-stderr"], r"\b(TOR402)\b")


def told(paths, command, rule):
    """What a command says about each path, in lines that begin with it."""
    made = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True, check=False)
    found = {path.stem: set() for path in paths}
    for line in made.stdout.splitlines():
        match = re.search(rule, line)
        if match:
            found[Path(line.partition(":")[0]).stem].add(match[1])
    return {name: sorted(rules) for name, rules in found.items()}


def pytorch(paths):
    """The error that ends each script, and warnings that name a scheduler."""
    return {path.stem: of_pytorch(path) for path in paths}


def of_pytorch(path):
    """What one script raises and warns of."""
    with warnings.catch_warnings(record=True) as seen, contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("always")
        try:
            runpy.run_path(str(path), run_name="__main__")
            raised = []
        except Exception as error:
            raised = [type(error).__name__]
    return raised + sorted({"warning" for each in seen if "lr_scheduler.step()" in str(each.message)})


def tools():
    """Those that are here, with what runs them and how their package is called."""
    if importlib.util.find_spec("mldoctor"):
        yield "mldoct", mldoct, "mldoct"
    if shutil.which("pylint") and importlib.util.find_spec("dslinter"):
        yield "dslinter", dslinter, "dslinter"
    if shutil.which("torchfix"):
        yield "TorchFix", torchfix, "torchfix"
    if importlib.util.find_spec("torch"):
        yield "PyTorch", pytorch, "torch"


def main():
    """Run what is here over the corpus."""
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    for name, run, package in tools():
        found = {name: rules for name, rules in run(SCRIPTS).items() if rules}
        version = importlib.metadata.version(package).partition("+")[0]
        record[name] = {"version": version, "scripts": len(SCRIPTS), "found": found}
    RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
