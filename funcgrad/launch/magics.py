"""What only a notebook understands: `%magic`, `%%magic`, `!command` and `help?`, turned into calls of `get_ipython()`.

Magics that only concern how a notebook is shown do nothing, those that measure run their code, and packages are not
installed.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

from funcgrad.errors import UnsupportedError

_COMMAND = re.compile(r"(?P<indent>\s*)(?P<target>[\w.,\[\]'\" ]+=\s*)?(?P<kind>[!%])(?P<text>.*)", re.DOTALL)
_WHOLE_CELL = re.compile(r"(\s*)%%(\w+)([^\n]*)(?:\n(.*))?", re.DOTALL)
_HELP = re.compile(r"\s*\?{0,2}[\w.]+\?{0,2}\s*")
_INSTALLS = re.compile(r"\s*(\S*python3?\s+-m\s+|sudo\s+)?(pip3?|conda|mamba|uv|apt|apt-get|brew)\b.*\binstall\b")
_SHOWN_ONLY = frozenset(
    {"alias_magic", "autoreload", "colors", "config", "load_ext", "matplotlib", "precision", "reload_ext", "xmode"}
)
_TIMED = frozenset({"time", "timeit", "prun", "memit"})
_TEXTS = frozenset({"html", "javascript", "js", "latex", "markdown", "svg", "css"})
_SHELLS = frozenset({"bash", "sh", "shell", "script"})


def translated(source: str, name: str) -> str:
    """A cell's source as Python, line for line.

    Args:
        source: The cell's text.
        name: What errors call its file.
    """
    if match := _WHOLE_CELL.fullmatch(source):
        before, magic, line, body = match.groups("")
        lead = "\n" * (before.count("\n") + 1)  # the body's lines keep their numbers
        return f"{before}get_ipython().run_cell_magic({magic!r}, {line.strip()!r}, {lead + body!r}, {name!r})"
    lines = source.split("\n")
    while (wrong := _line_in_error(lines)) is not None and (call := _call_of(lines, wrong)) is not None:
        lines[wrong] = call
    return "\n".join(lines)


def _line_in_error(lines: list[str]) -> int | None:
    """The first line that is not Python: what looks like a command within a text or an expression is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they come when the cell is compiled
            ast.parse("\n".join(lines))
    except SyntaxError as error:
        return min(error.lineno or 1, len(lines)) - 1
    return None


def _call_of(lines: list[str], number: int) -> str | None:
    """The call that a line stands for, with the lines that continue it, which become empty."""
    if _HELP.fullmatch(lines[number]) and "?" in lines[number]:
        return "pass"
    match = _COMMAND.fullmatch(lines[number])
    if match is None:
        return None
    text = match["text"]
    while text.endswith("\\") and number + 1 < len(lines):
        number += 1
        text, lines[number] = text[:-1] + lines[number].strip(), ""
    magic, _, line = text.partition(" ")
    method = "getoutput" if match["target"] else "system"
    call = f"run_line_magic({magic!r}, {line.strip()!r})" if match["kind"] == "%" else f"{method}({text!r})"
    return f"{match['indent']}{match['target'] or ''}get_ipython().{call}"


class Shell:
    """What `get_ipython()` gives in a cell.

    Attributes:
        user_ns: The notebook's global names.
    """

    def __init__(self, namespace: dict[str, Any], run_cell: Callable[[str, str, dict[str, Any]], None]) -> None:
        self.user_ns = namespace
        self._run_cell = run_cell

    def run_line_magic(self, name: str, line: str) -> Any:
        """`%name line`.

        Raises:
            UnsupportedError: There is no such magic.
        """
        if name in _SHOWN_ONLY:
            return None
        if name in ("pip", "conda", "mamba", "uv"):
            return self.system(f"{name} {line}")
        if name in _TIMED:
            return self._run_cell(_without_options(line), f"%{name}", self.user_ns)
        if name == "cd":
            return os.chdir(self._expanded(line))
        if name in ("env", "set_env") and "=" in line:
            variable, _, value = line.partition("=")
            os.environ[variable.strip()] = self._expanded(value.strip())
            return None
        raise UnsupportedError(f"funcgrad run has no magic %{name}. Remove this line, or write it in Python.")

    def run_cell_magic(self, name: str, line: str, cell: str, where: str) -> None:
        """`%%name line` above a cell.

        Raises:
            UnsupportedError: There is no such magic.
        """
        if name in _TEXTS:
            return
        if name in _TIMED or name == "capture":
            with redirect_stdout(StringIO() if name == "capture" else sys.stdout):
                self._run_cell(cell, where, self.user_ns)
        elif name in _SHELLS:
            self.system(cell)
        elif name == "writefile":
            with open(self._expanded(line), "w", encoding="utf-8") as file:
                file.write(cell.lstrip("\n"))
        else:
            raise UnsupportedError(
                f"funcgrad run has no magic %%{name}. Remove this line, or write the cell in Python."
            )

    def system(self, command: str) -> None:
        """`!command`: its output goes where the script's goes. What would install packages is not run."""
        if _INSTALLS.match(command):
            sys.stderr.write(f"funcgrad run: did not run {command.strip()!r}; install what is missing yourself\n")
            return
        sys.stdout.flush()
        subprocess.run(self._expanded(command), shell=True, check=False)

    def getoutput(self, command: str) -> list[str]:
        """`lines = !command`: the lines that it prints."""
        done = subprocess.run(self._expanded(command), shell=True, check=False, stdout=subprocess.PIPE, text=True)
        return done.stdout.splitlines()

    def _expanded(self, text: str) -> str:
        """The text with `{expression}` and `$name` replaced by values, where there are such."""
        return re.sub(r"\{([^{}]+)\}|\$(\w+)", self._value, text)

    def _value(self, match: re.Match[str]) -> str:
        try:
            return str(eval(match[1] or match[2], self.user_ns))
        except Exception:
            return match[0]


def _without_options(line: str) -> str:
    return re.sub(r"^(\s*-[nr]?\s*\w+)+\s+", "", line)
