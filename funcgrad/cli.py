"""The command line: `funcgrad run` and `funcgrad compare`.

A mistake in how a command is called is one line on stderr and exit status 2, never a traceback of ours.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import NoReturn

from funcgrad import launch

DEMO = frozenset({"sklearn", "matplotlib", "rich"})
"""Root modules that only the extra `demo` installs."""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see '{self.prog} --help')\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command.

    Args:
        argv: The arguments after the program's name; None takes those of the process.

    Returns:
        The exit status. A script's own `sys.exit` passes through as `SystemExit`.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _top_parser()
    if not arguments:
        parser.print_help()
        return 0
    command = COMMANDS.get(arguments[0])
    if command is None:
        parser.parse_known_args(arguments[:1])  # --help and --version answer and exit
        parser.error(f"unknown command {arguments[0]!r}; expected {' or '.join(COMMANDS)}")
    try:
        return command(arguments[1:])
    except KeyboardInterrupt:
        return 130  # what a shell reports for Ctrl-C


def _top_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="funcgrad",
        usage="funcgrad COMMAND [argument ...]",
        description="PyTorch training loops on JAX.",
        epilog="\n".join(["commands:", *(f"  {name:10}{run.__doc__}" for name, run in COMMANDS.items())]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {_version()}")
    return parser


def _version() -> str:
    try:
        return metadata.version("funcgrad")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _run(arguments: list[str]) -> int:
    """Run a PyTorch script, or a module with -m; `import torch` gives funcgrad's."""
    parser = _Parser(
        prog="funcgrad run",
        usage="funcgrad run [-m] SCRIPT [argument ...]",
        description=_run.__doc__,
        allow_abbrev=False,
    )
    parser.add_argument("-m", dest="as_module", action="store_true", help="SCRIPT is the dotted name of a module")
    parser.add_argument("script", metavar="SCRIPT", help="a Python file; it gets all arguments after it")
    ours, scripts = _split_at_script(arguments)
    given = parser.parse_args(ours)
    start = launch.run_module if given.as_module else launch.run_script
    try:
        start(given.script, scripts)
    except launch.LaunchError as error:
        parser.error(str(error))
    except SystemExit:
        raise
    except BaseException as error:
        launch.show_error(error)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _split_at_script(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Splits after the first argument that is no option; argparse would take `--` out of the script's."""
    end = next((place + 1 for place, argument in enumerate(arguments) if not argument.startswith("-")), len(arguments))
    return arguments[:end], arguments[end:]


def _compare(arguments: list[str]) -> int:
    """Train one model statefully and functionally, side by side."""
    parser = _Parser(prog="funcgrad compare", description=_compare.__doc__, allow_abbrev=False)
    try:
        from funcgrad import compare  # here: it needs the extra `demo`

        compare.add_arguments(parser)
        return compare.main(parser.parse_args(arguments))
    except ModuleNotFoundError as error:
        if error.name not in DEMO:
            raise
        parser.exit(2, f"{parser.prog}: {error.name} is not installed; pip install 'funcgrad[demo]'\n")


COMMANDS: dict[str, Callable[[list[str]], int]] = {"run": _run, "compare": _compare}
