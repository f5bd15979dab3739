"""The layers of the package: imports point down, whether at the top of a file or inside a function."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "funcgrad"
LAYERS = (
    {"errors", "memory", "tolerances"},
    {"optim", "train", "trace"},
    {"torch"},
    {"functionalization", "launch", "program_cache"},
    {"compare", "audit", "orders", "testing", "support", "conversion", "divergence"},
    {"cli"},
    {"__init__", "__main__"},
)
LAYER = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}


def room_of(name):
    return name if name.startswith("__") else name.lstrip("_")


def imported_modules(path):
    """(line, dotted name) of every import: relative ones resolved, `from funcgrad import x` as funcgrad.x."""
    package = ".".join(("funcgrad", *path.relative_to(PACKAGE).parent.parts))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path):
    own = room_of(path.relative_to(PACKAGE).with_suffix("").parts[0])
    assert own in LAYER, f"{path} is a new room: give {own!r} a layer in tests/test_layers.py"
    for line, module in imported_modules(path):
        root, room = (*module.split("."), "")[:2]
        assert root != "torch", f"{path}:{line} imports the real PyTorch, which funcgrad never does"
        room = room_of(room)
        if root == "funcgrad" and room not in ("", own):
            assert room in LAYER, f"{path}:{line} imports {module}, which has no layer in tests/test_layers.py"
            below = min(LAYER[own], LAYER[room])
            assert LAYER[room] < LAYER[own], (
                f"{path}:{line}: {own} (layer {LAYER[own]}) imports {room} (layer {LAYER[room]}), but imports point "
                f"down. Move what both need to a room below layer {below}, or hand it over as an argument."
            )


def test_importing_funcgrad_loads_no_extra():
    extras = ("torch", "sklearn", "matplotlib", "rich")
    probe = f"import funcgrad, sys; print([name for name in {extras} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], cwd=PACKAGE.parent, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
