"""The launcher's own error."""

from __future__ import annotations

from funcgrad.errors import FuncgradError


class LaunchError(FuncgradError):
    """What was given is not a Python file, module or notebook that can be run."""


class PartsError(ExceptionGroup[Exception]):
    """Several parts of one script failed, each on its own."""
