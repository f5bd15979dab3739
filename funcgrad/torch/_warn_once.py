"""Warnings that PyTorch gives once in a process, unless `set_warn_always(True)` asks for all of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from funcgrad.errors import warn


@dataclass
class _Given:
    always: bool = False
    texts: set[str] = field(default_factory=set)


_given = _Given()


def warn_once(text: str, kind: str = "") -> None:
    """Warns at the user's line if this process has not given the warning yet, or one of its kind."""
    if _given.always or (kind or text) not in _given.texts:
        _given.texts.add(kind or text)
        warn(text)


def set_warn_always(b: bool) -> None:
    """Choose whether warnings that are given once are given every time."""
    _given.always = b


def is_warn_always_enabled() -> bool:
    """Whether `set_warn_always(True)` was called."""
    return _given.always
