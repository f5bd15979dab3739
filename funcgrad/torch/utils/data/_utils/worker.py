"""torch.utils.data._utils.worker: what dataset code sees of the worker that runs it.

Workers are served in the script's own process: a worker is a copy of the dataset, and random streams of its own that
take the place of the script's while it fetches.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from funcgrad.torch.random import default_generator
from funcgrad.torch.utils.data._utils.fetch import Fetch


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """The worker that is fetching now.

    Attributes:
        id: Its number, from 0.
        num_workers: How many there are.
        seed: What its random streams started from.
        dataset: Its copy of the dataset.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


_fetching: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """The worker that runs the calling dataset code; None outside of workers."""
    return _fetching


class Worker:
    """One of a loader's workers.

    Args:
        number: From 0.
        count: How many there are.
        base_seed: The loader's seed for this epoch.
        dataset: What all workers read; each has a copy of its own, so that `init` can change it.
        init: Called with the worker's number before anything else, or None.
    """

    def __init__(
        self, number: int, count: int, base_seed: int, dataset: Any, init: Callable[[int], Any] | None
    ) -> None:
        seed = base_seed + number
        self.info = WorkerInfo(number, count, seed, copy.copy(dataset))
        self._streams = _seeded_streams(seed, base_seed, number)
        self.fetch: Fetch
        if init is not None:
            with self.at_work():
                init(number)

    @contextmanager
    def at_work(self) -> Generator[None]:
        """A block that runs as this worker: `get_worker_info` tells, and random numbers are the worker's."""
        global _fetching
        before, scripts = _fetching, _current_streams()
        _fetching = self.info
        _set_streams(self._streams)
        try:
            yield
        finally:
            self._streams = _current_streams()
            _set_streams(scripts)
            _fetching = before


_Streams = tuple[Any, Any, Any]
"""States of PyTorch's default generator, of Python's and of NumPy's."""


def _seeded_streams(seed: int, base_seed: int, number: int) -> _Streams:
    words = np.random.SeedSequence([number, base_seed % 2**32, base_seed >> 32, 0]).generate_state(4)
    own = type(default_generator)()
    own.manual_seed(seed)
    return own.state_bytes(), random.Random(seed).getstate(), np.random.RandomState(words).get_state()


def _current_streams() -> _Streams:
    return default_generator.state_bytes(), random.getstate(), np.random.get_state()


def _set_streams(streams: _Streams) -> None:
    torchs, pythons, numpys = streams
    default_generator.set_state_bytes(torchs)
    random.setstate(pythons)
    np.random.set_state(numpys)
