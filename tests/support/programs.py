"""What a compiled program does, read from its text."""

import re
from collections import Counter

NAMES = "all-reduce|all-gather|reduce-scatter|all-to-all|collective-permute"


def collectives(compiled):
    """The collectives of a program, in order: their names, and the shapes of what each of them gives."""
    found = {}
    for shapes, name in re.findall(rf"= (.*?) ({NAMES})(?:-start)?\(", compiled.as_text()):
        found.setdefault(name, []).append([_sizes(shape) for shape in re.findall(r"\w+\[([\d,]*)\]", shapes)])
    return found


def instructions(compiled):
    """How often each kind of instruction occurs."""
    return Counter(re.findall(r"= \S+ ([\w-]+)\(", compiled.as_text()))


def _sizes(shape):
    return tuple(int(size) for size in shape.split(",") if size)
