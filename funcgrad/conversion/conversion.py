"""Conversion of one step: functionalized with what the script has prepared, certified, written, and the text run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import numpy as np

from funcgrad.conversion.finding import Caught, NoStepError, advice, catching
from funcgrad.conversion.reach import held_by_none, owners_of
from funcgrad.functionalization import PureStep, check_source, functionalize
from funcgrad.launch import run_script
from funcgrad.torch import Tensor


@dataclass(frozen=True)
class Conversion:
    """A step of a script as a pure one.

    Attributes:
        pure: The step, with its certificate.
        name: What the function is called.
        place: File and line of it.
        arguments: Names of the arguments that it takes in each step.
        fixed: Names of those that stay what they were.
        owners: Names of what it changes.
        source: JAX and optax source, or None if that was not asked for.
    """

    pure: PureStep
    name: str
    place: str
    arguments: list[str]
    fixed: list[str]
    owners: list[str]
    source: str | None = None


def convert(
    script: str, arguments: Sequence[str] = (), name: str = "", steps: int = 2, has_source: bool = True
) -> Conversion:
    """Run a script up to its first training step, and make that a pure one.

    Args:
        script: A Python file.
        arguments: What it finds in `sys.argv`.
        name: The function that does a step; empty for one of the usual names.
        steps: How many steps to certify, and to run of what is written.
        has_source: Whether to write the source.

    Raises:
        NoStepError: The script does not call the function.
        FunctionalizationError: The step cannot be a pure function, or cannot be written.
        LaunchError: The script cannot be run.
    """
    made: list[Conversion | Exception] = []

    def take(caught: Caught) -> None:
        try:
            made.append(_converted(caught, steps, has_source))
        except Exception as error:  # the script's own handlers are not meant
            made.append(error)

    with catching(name, take):
        run_script(script, list(arguments))
    if not made:
        raise NoStepError(advice(script, name))
    if isinstance(made[0], Exception):
        raise made[0]
    return made[0]


def _converted(caught: Caught, steps: int, has_source: bool) -> Conversion:
    given = caught.positional | caught.keywords
    owners = owners_of(caught.function, given)
    owners |= held_by_none(owners)
    taken = {name: x for name, x in given.items() if _is_batch(x) and not any(x is owner for owner in owners.values())}
    step = _of_arrays(caught, list(taken))
    pure = functionalize(step, *taken.values(), certify=steps, **owners)
    source = None
    if has_source:
        source = pure.source()
        check_source(source, pure, jax.tree.map(np.asarray, list(taken.values()), is_leaf=_is_array), steps)
    fixed = [name for name, x in given.items() if name not in taken and not any(x is o for o in owners.values())]
    place = f"{caught.file}:{caught.line}"
    return Conversion(pure, caught.function.__name__, place, list(taken), fixed, list(owners), source)


def _of_arrays(caught: Caught, names: list[str]) -> Callable[..., Any]:
    """The step as a function of those arguments that are arrays."""

    def step(*arrays: Any) -> Any:
        new = dict(zip(names, arrays, strict=True))
        positional = [new.get(name, x) for name, x in caught.positional.items()]
        return caught.function(*positional, **{name: new.get(name, x) for name, x in caught.keywords.items()})

    parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    step.__name__, step.__dict__["__signature__"] = caught.function.__name__, inspect.Signature(parameters)
    return step


def _is_array(x: Any) -> bool:
    return isinstance(x, Tensor | np.ndarray | jax.Array)


def _is_batch(x: Any) -> bool:
    """Whether an argument is an array, or a tree of arrays only."""
    leaves = jax.tree.leaves(x, is_leaf=partial(_is_leaf))
    return bool(leaves) and all(map(_is_array, leaves))


def _is_leaf(x: Any) -> bool:
    return _is_array(x) or not isinstance(x, dict | list | tuple)
