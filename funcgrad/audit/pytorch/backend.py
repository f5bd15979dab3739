"""The backend `torch`: PyTorch where it is installed. It is never imported but when asked for by name."""

from __future__ import annotations

import importlib
import random
import runpy
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from funcgrad.audit.events import Events
from funcgrad.audit.pytorch.hearing import Hearing, heard
from funcgrad.launch import LaunchError


class TorchRandomState:
    """All generators that a script may draw from, as they are now."""

    def __init__(self, torch: Any) -> None:
        self._torch = torch
        self._states = torch.get_rng_state(), random.getstate(), np.random.get_state()

    def restore(self) -> None:
        """Put the generators back."""
        torchs, pythons, numpys = self._states
        self._torch.set_rng_state(torchs)
        random.setstate(pythons)
        np.random.set_state(numpys)


class TorchBackend:
    """How a script runs with PyTorch, and how it is heard."""

    def __init__(self, torch: Any) -> None:
        self.random_state: Callable[[], TorchRandomState] = partial(TorchRandomState, torch)
        self._torch = torch

    def heard(self, events: Events, seconds: float, updates: Any) -> AbstractContextManager[None]:
        """Listen in the block."""
        return heard(Hearing(self._torch, events, seconds, updates))


def load() -> TorchBackend:
    """The backend.

    Raises:
        LaunchError: PyTorch is not installed.
    """
    try:
        return TorchBackend(importlib.import_module("torch"))
    except ModuleNotFoundError:
        raise LaunchError(
            "--backend torch needs PyTorch, which is not installed; expected `import torch` to work"
        ) from None


def run_script(path: str, arguments: Sequence[str]) -> None:
    """Run a Python file as `python path arguments` does.

    Raises:
        LaunchError: It is no Python file.
    """
    if Path(path).suffix != ".py" or not Path(path).is_file():
        raise LaunchError(f"{path!r} is not a Python file; expected a script, which is what --backend torch runs")
    before = sys.argv, sys.path
    sys.argv, sys.path = [path, *arguments], [str(Path(path).resolve().parent), *sys.path[1:]]
    try:
        runpy.run_path(str(Path(path).resolve()), run_name="__main__")
    finally:
        sys.argv, sys.path = before
