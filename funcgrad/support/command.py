"""The command `funcgrad support`: its options, what it prints and returns."""

from __future__ import annotations

import argparse

from funcgrad.support.problems import Problem, problems_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("script", metavar="SCRIPT", help="a Python file; files beside it that it imports are read too")


def main(given: argparse.Namespace) -> int:
    """Read a script and print what it needs and will not find.

    Returns:
        1 if something is missing for certain, else 0.

    Raises:
        LaunchError: The script is not a readable Python file.
    """
    problems, names = problems_of(given.script)
    for problem in problems:
        print(f"{problem.path}:{problem.line}: {problem.text}")
    print(_conclusion(problems, names))
    return int(any(problem.is_certain for problem in problems))


def _conclusion(problems: list[Problem], names: int) -> str:
    certain = sum(problem.is_certain for problem in problems)
    doubtful = len(problems) - certain
    text = f"{_many(certain, 'problem')}, {names} names of PyTorch used" if certain else f"all {names} names are there"
    return f"{text}; {_many(doubtful, 'place')} to look at" if doubtful else text


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
