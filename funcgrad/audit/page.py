"""Pages: the Python blocks of a Markdown page, an HTML page or a notebook, run in order as one script.

A block keeps its lines, so that findings name those of the page; in a notebook they count the lines of its code.
"""

from __future__ import annotations

import ast
import json
import linecache
import os
import re
import textwrap
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from funcgrad.launch import LaunchError, run_parts

SUFFIXES = frozenset({".md", ".markdown", ".ipynb", ".html", ".htm"})
_FENCE = re.compile(r"^ *(`{3,}|~{3,}) *(\w*)")
_NAMES = frozenset({"python", "py", "python3"})
_SHELL = re.compile(r"^\s*[!%].*$", re.MULTILINE)  # a notebook's own commands: `!pip install torch`


class Block(NamedTuple):
    """A piece of code and the number of its first line."""

    line: int
    source: str


def run_page(path: str, args: Sequence[str] = ()) -> None:
    """Run the blocks of a page.

    Args:
        path: The page.
        args: What `sys.argv` holds behind it.

    Raises:
        LaunchError: The page cannot be read, or has no block.
        Exception: What a block raised, after all have had their turn; a `PartsError` of several.
    """
    found = blocks(path)
    if not found:
        raise LaunchError(f"{path!r} has no Python; expected blocks that open with ```python")
    parts = ["\n" * (block.line - 1) + block.source for block in found]
    _show_as(os.path.abspath(path), found)
    run_parts(parts, path, args)


def blocks(path: str) -> list[Block]:
    """The Python blocks of a page, in order; what only a notebook understands is left out of them.

    Raises:
        LaunchError: The page cannot be read.
    """
    read = {".ipynb": _of_notebook, ".html": _of_html, ".htm": _of_html}.get(Path(path).suffix.lower(), _of_markdown)
    try:
        found = list(read(Path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError) as error:
        raise LaunchError(f"cannot read {path!r}: {error}; expected a page with code, in UTF-8") from None
    return [Block(line, _SHELL.sub("", source)) for line, source in found]


def _of_markdown(text: str) -> Iterator[Block]:
    lines = text.splitlines()
    fence, start = "", 0
    for number, line in enumerate(lines, 1):
        match = _FENCE.match(line)
        if not fence and match:
            fence, start = match[1], number + 1 if match[2].lower() in _NAMES else 0
        elif fence and line.strip().startswith(fence):
            if start:
                yield Block(start, textwrap.dedent("\n".join(lines[start - 1 : number - 1])))
            fence = ""


def _of_notebook(text: str) -> Iterator[Block]:
    line = 1
    for cell in json.loads(text)["cells"]:
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            yield Block(line, source)
            line += source.count("\n") + 1


def _of_html(text: str) -> Iterator[Block]:
    reader = _Preformatted()
    reader.feed(text)
    for line, source in reader.found:
        lead = len(source) - len(source.lstrip("\n"))
        code = textwrap.dedent(source[lead:])
        if _is_python(code):  # a page does not say in which language a block is
            yield Block(line + lead, code)


def _is_python(code: str) -> bool:
    try:
        ast.parse(_SHELL.sub("", code))
    except (SyntaxError, ValueError):
        return False
    return bool(code.strip())


class _Preformatted(HTMLParser):
    """Collects the text of `<pre>` elements."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Block] = []
        self._depth, self._line, self._text = 0, 0, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Enter a `<pre>`; a `<br>` within it is a line break."""
        if tag == "pre":
            self._depth += 1
            self._line, self._text = self.getpos()[0], ""
        elif tag == "br":
            self._text += "\n"

    def handle_endtag(self, tag: str) -> None:
        """Leave it."""
        if tag == "pre" and self._depth:
            self._depth -= 1
            self.found.append(Block(self._line, self._text))

    def handle_data(self, data: str) -> None:
        """Keep what is in it."""
        if self._depth:
            self._text += data


def _show_as(path: str, found: list[Block]) -> None:
    """Let reports and tracebacks show the lines as they are run."""
    lines: list[str] = []
    for block in found:
        lines += ["\n"] * (block.line - 1 - len(lines)) + [f"{line}\n" for line in block.source.splitlines()]
    linecache.cache[path] = (sum(map(len, lines)), None, lines, path)
