"""Parts of PyTorch that are not there on purpose: they can be imported, and the first name that is used says why."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from funcgrad.errors import PACKAGE, UnsupportedError, UnsupportedNameError, unsupported


def absent(module: str, advice: str, imported: Collection[str] = ()) -> Callable[[str], Any]:
    """A module's `__getattr__` that says what to do instead.

    Args:
        module: The module's own name, for example `funcgrad.torch.jit`.
        advice: What to do, as a sentence.
        imported: Names that scripts import at the top and may leave alone; they are stand-ins.

    Raises:
        UnsupportedNameError: From the returned function, for every other name without double underscores.
    """
    shown = module.removeprefix(f"{PACKAGE}.")

    def lookup(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        if name in imported:
            return stand_in(shown, name, advice)
        raise UnsupportedNameError(unsupported(f"{shown}.{name}", advice), name=name)

    return lookup


class StandIn(type):
    """A class or function of PyTorch that scripts import and leave alone in one process: nothing is an instance of it.

    Calling it, or asking it for anything, says what to do instead.
    """

    advice = ""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Refuse.

        Raises:
            UnsupportedError: Always.
        """
        raise UnsupportedError(unsupported(f"{cls.__module__}.{cls.__name__}", cls.advice))

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
        raise UnsupportedNameError(unsupported(f"{cls.__module__}.{cls.__name__}.{name}", cls.advice), name=name)


def stand_in(module: str, name: str, advice: str) -> StandIn:
    """The stand-in for a name, so that an import at the top of a script succeeds.

    Args:
        module: PyTorch's module, for example `torch.distributed`.
        name: The name there.
        advice: What to do instead, as a sentence.
    """
    return StandIn(name, (), {"__module__": module, "advice": advice})
