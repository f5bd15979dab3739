"""Scenarios of the numbered items of behaviour: every public `item_…` or `post_…` function of the modules in `semantics/`.

A name is the item's number and a few words; the docstring states the behaviour in one line, a row of the documentation.
"""

import importlib
from pathlib import Path

RECORDING = "semantics"


def _scenarios():
    """Scenario by name, in the order of the numbers."""
    found = {}
    for file in sorted((Path(__file__).parent / "semantics").glob("*.py")):
        for name, scenario in vars(importlib.import_module(f"semantics.{file.stem}")).items():
            if name.startswith(("item_", "post_")):
                assert found.setdefault(name, scenario) is scenario, f"two scenarios are called {name}"
    return dict(sorted(found.items()))


SCENARIOS = _scenarios()
