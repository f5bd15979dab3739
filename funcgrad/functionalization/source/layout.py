"""Layout: lines no longer than a page is wide, broken where a formatter breaks them."""

from __future__ import annotations

from collections.abc import Iterable

WIDTH = 120
INDENT = "    "
_OPEN, _CLOSE = "([{", ")]}"


def function(head: str, lines: Iterable[str]) -> str:
    """A function from its head and the lines of its body."""
    return "\n".join([wrapped(head), *(wrapped(INDENT + line) for line in lines)])


def wrapped(line: str) -> str:
    """A line, broken at its last brackets if it is too long: their content on one line, or an item a line."""
    if len(line) <= WIDTH:
        return line
    start, end = _last_brackets(line)
    outer = line[: len(line) - len(line.lstrip())]
    inner = line[start + 1 : end]
    is_call = start > 0 and (line[start - 1].isalnum() or line[start - 1] in "_)")
    if is_call and len(outer + INDENT + inner) <= WIDTH:
        middle = [outer + INDENT + inner]
    else:
        middle = [wrapped(f"{outer}{INDENT}{item},") for item in _items(inner)]
    return "\n".join([line[: start + 1], *middle, outer + line[end:]])


def _last_brackets(line: str) -> tuple[int, int]:
    """Where the last outermost pair of brackets opens and closes."""
    depth, start, pair = 0, 0, (0, len(line))
    for k, character in enumerate(line):
        if character in _OPEN:
            start = k if depth == 0 else start
            depth += 1
        elif character in _CLOSE:
            depth -= 1
            pair = (start, k) if depth == 0 else pair
    return pair


def _items(inner: str) -> list[str]:
    depth, items, start = 0, [], 0
    for k, character in enumerate(inner):
        depth += (character in _OPEN) - (character in _CLOSE)
        if character == "," and depth == 0:
            items.append(inner[start:k].strip())
            start = k + 1
    return [item for item in [*items, inner[start:].strip()] if item]


def listed(items: Iterable[str]) -> str:
    """A tuple as it is written."""
    written = list(items)
    return f"({written[0]},)" if len(written) == 1 else f"({', '.join(written)})"


def quoted(text: str) -> str:
    """A string as it is written."""
    return f'"{text}"'
