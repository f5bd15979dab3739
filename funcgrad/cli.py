"""The command line: `funcgrad run`, `compare`, `audit`, `functionalize`, `explain`, `support` and `orders`.

A mistake in how a command is called is one line on stderr and exit status 2, never a traceback of ours.
"""

from __future__ import annotations

import argparse
import gc
import sys
import textwrap
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import NoReturn

from funcgrad import audit, compare, conversion, divergence, launch, orders, support
from funcgrad._program_cache import keep_programs
from funcgrad.memory import keep_freed_memory
from funcgrad.trace import EAGER, LONGEST, current, meet, set_credit, set_longest, stats

DEMO = frozenset({"sklearn", "matplotlib", "rich"})
"""Root modules that only the extra `demo` installs."""

INTERRUPTED = 130
"""What a shell reports for a program that Ctrl-C ended."""

ExitStatus = int | str | None
"""What `sys.exit` takes; a text goes to stderr and counts as 1."""


_Command = Callable[[list[str]], ExitStatus]


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see '{self.prog} --help')\n")


def main(argv: Sequence[str] | None = None) -> ExitStatus:
    """Run a command.

    Args:
        argv: The arguments after the program's name; None takes those of the process.

    Returns:
        The exit status; for `run` it is the script's own.
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
        return INTERRUPTED


def _top_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="funcgrad",
        usage="funcgrad COMMAND [argument ...]",
        description="PyTorch training loops on JAX.",
        epilog="\n".join(["commands:", *(_described(name, run) for name, run in COMMANDS.items())]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {_version()}")
    return parser


def _described(name: str, command: _Command) -> str:
    return textwrap.fill(str(command.__doc__), 80, initial_indent=f"  {name:15}", subsequent_indent=" " * 17)


def _parser(name: str, command: _Command, usage: str | None = None, epilog: str | None = None) -> _Parser:
    return _Parser(prog=f"funcgrad {name}", usage=usage, description=command.__doc__, epilog=epilog, allow_abbrev=False)


def _version() -> str:
    try:
        return metadata.version("funcgrad")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _run(arguments: list[str]) -> ExitStatus:
    """Run a PyTorch script, or a module with -m; `import torch` gives funcgrad's."""
    parser = _parser("run", _run, usage="funcgrad run [-m] [--eager] [--stats] SCRIPT [argument ...]")
    parser.add_argument("-m", dest="as_module", action="store_true", help="SCRIPT is the dotted name of a module")
    parser.add_argument("--eager", action="store_true", help="run each operation at once: slow, for debugging")
    parser.add_argument("--stats", action="store_true", help="say at the end how much was compiled and run, and why")
    parser.add_argument("script", metavar="SCRIPT", help="a Python file or notebook; it gets all arguments after it")
    ours, scripts = _split_at_script(arguments)
    given = parser.parse_args(ours)
    set_longest(EAGER if given.eager else LONGEST)
    _start_at_once()
    _search_cycles_rarely()
    launch.start_children_with(_start_at_once)
    try:
        status = _exit_status(launch.run_module if given.as_module else launch.run_script, given.script, scripts)
    except launch.LaunchError as error:
        parser.error(str(error))
    if given.stats:
        print(_stats_line(), file=sys.stderr)
    return status


def _search_cycles_rarely() -> None:
    """Keep Python's cycle collector from walking JAX's many objects every few steps of a large model."""
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def _exit_status(start: Callable[[str, list[str]], None], script: str, arguments: list[str]) -> ExitStatus:
    """Runs a script to its end, whatever end that is."""
    try:
        start(script, arguments)
        meet(current())
    except launch.LaunchError:
        raise
    except SystemExit as stop:
        return stop.code
    except BaseException as error:
        launch.show_error(error)
        return INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _stats_line() -> str:
    causes = ", ".join(f"{count} by {cause}" for cause, count in stats.causes.most_common()) or "none"
    return (
        f"funcgrad: {stats.programs} programs compiled, {stats.interpreted} traces interpreted; "
        f"{stats.equations} operations run in {stats.flushes} flushes ({causes})"
    )


def _start_at_once() -> None:
    """Let the host compute first: who runs a script once, or looks at it for the first time, waits for no program."""
    set_credit(0)
    keep_programs()
    keep_freed_memory()


def _split_at_script(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Splits after the first argument that is no option; argparse would take `--` out of the script's."""
    end = next((place + 1 for place, argument in enumerate(arguments) if not argument.startswith("-")), len(arguments))
    return arguments[:end], arguments[end:]


def _compare(arguments: list[str]) -> ExitStatus:
    """Train one model statefully and functionally, or find where two runs A and B part."""
    if divergence.is_asked_for(arguments):
        return _compare_runs(arguments)
    parser = _parser(
        "compare",
        _compare,
        usage="funcgrad compare [option ...]\n       funcgrad compare [option ...] A B [-- argument ...]",
        epilog="Two runs have options of their own: see 'funcgrad compare A.py B.py --help'.",
    )
    compare.add_arguments(parser)
    given = parser.parse_args(arguments)
    keep_programs()
    try:
        return compare.main(given)
    except ModuleNotFoundError as error:
        if error.name not in DEMO:
            raise
        parser.exit(2, f"{parser.prog}: {error}\n")


def _compare_runs(arguments: list[str]) -> ExitStatus:
    """Name the first quantity in which two training runs differ, and the known cause that explains it."""
    parser = _parser(
        "compare",
        _compare_runs,
        usage="funcgrad compare [option ...] A B [-- argument ...]\n       funcgrad compare --recorder > record_run.py",
    )
    divergence.add_arguments(parser)
    end = arguments.index("--") if "--" in arguments else len(arguments)
    given = parser.parse_args(arguments[:end], argparse.Namespace(arguments=arguments[end + 1 :]))
    try:
        return divergence.main(given)
    except divergence.RunError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")


def _audit(arguments: list[str]) -> ExitStatus:
    """Run a PyTorch script and say what is wrong with its gradients, and what that does."""
    parser = _parser("audit", _audit, usage="funcgrad audit [option ...] TARGET [argument ...]")
    audit.add_arguments(parser)
    given = parser.parse_args(arguments)
    _start_at_once()
    try:
        return audit.main(given)
    except launch.LaunchError as error:
        parser.error(str(error))


def _functionalize(arguments: list[str]) -> ExitStatus:
    """Make the training step of a script a pure function, with a certificate, and write it as JAX and optax."""
    parser = _parser(
        "functionalize", _functionalize, usage="funcgrad functionalize SCRIPT[:STEP] [option ...] [-- argument ...]"
    )
    conversion.add_arguments(parser)
    given = parser.parse_intermixed_args(arguments)
    keep_programs()
    try:
        return conversion.main(given)
    except (conversion.NoStepError, launch.LaunchError) as error:
        parser.error(str(error))
    except conversion.FunctionalizationError as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    except Exception as error:
        launch.show_error(error)
        return 1


def _explain(arguments: list[str]) -> ExitStatus:
    """Print what a finding of the audit means, with an example and its repair."""
    parser = _parser("explain", _explain)
    parser.add_argument("check", metavar="CODE", help="as in FG001")
    parser.add_argument("--language", choices=audit.LANGUAGES, default="en", help="of the repair")
    given = parser.parse_args(arguments)
    try:
        print(audit.explain(given.check, given.language), end="")
    except ValueError as error:
        parser.error(str(error))
    return 0


def _support(arguments: list[str]) -> ExitStatus:
    """Say before a run which names of PyTorch a script needs that are not there."""
    parser = _parser("support", _support)
    support.add_arguments(parser)
    try:
        return support.main(parser.parse_args(arguments))
    except launch.LaunchError as error:
        parser.error(str(error))


def _orders(arguments: list[str]) -> ExitStatus:
    """Say which orders of a training loop's calls train alike, and where yours is."""
    parser = _parser("orders", _orders)
    orders.add_arguments(parser)
    given = parser.parse_args(arguments)
    keep_programs()
    try:
        if len(given.events) == 1 and given.events[0] not in orders.EVENTS:
            given.events = audit.order_of(given.events[0])
        return orders.main(given)
    except (ValueError, launch.LaunchError) as error:
        parser.error(str(error))


COMMANDS: dict[str, _Command] = {
    "run": _run,
    "compare": _compare,
    "audit": _audit,
    "functionalize": _functionalize,
    "explain": _explain,
    "support": _support,
    "orders": _orders,
}
