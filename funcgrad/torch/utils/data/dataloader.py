"""torch.utils.data.dataloader: batches of a dataset, in the order of a sampler.

Random numbers are drawn when and as PyTorch draws them. Workers are served in this process: `_utils/worker.py`.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, Generic

from funcgrad.errors import warn
from funcgrad.torch._texts import TOO_MANY_WORKERS
from funcgrad.torch.random import default_generator
from funcgrad.torch.utils.data._utils.collate import default_collate, default_convert
from funcgrad.torch.utils.data._utils.fetch import map_fetch, stream_fetch
from funcgrad.torch.utils.data._utils.worker import Worker
from funcgrad.torch.utils.data._utils.worker import get_worker_info as get_worker_info
from funcgrad.torch.utils.data.dataset import Dataset as Dataset
from funcgrad.torch.utils.data.dataset import IterableDataset, Sample
from funcgrad.torch.utils.data.sampler import BatchSampler, RandomSampler, SequentialSampler, base_seed
from funcgrad.torch.utils.data.sampler import Sampler as Sampler
from funcgrad.trace import current, cut

_collate_fn_t = Callable[[list[Any]], Any]
_worker_init_fn_t = Callable[[int], None]
_FIXED = frozenset({"batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"})
_LONG = 48
"""Equations from which on a loop that never looks at a value has its program cut at the next batch."""


class _DatasetKind:
    """How a dataset is read, and what reads it."""

    Map = 0
    Iterable = 1

    @staticmethod
    def create_fetcher(kind: int, dataset: Any, auto_collation: bool, collate_fn: Any, drop_last: bool) -> Any:
        """An object whose `fetch` gives a batch, or a sample, for indices."""
        if kind == _DatasetKind.Map:
            fetch = map_fetch(dataset, auto_collation, collate_fn)
        else:
            fetch = stream_fetch(dataset, auto_collation, collate_fn, drop_last)
        return SimpleNamespace(dataset=dataset, fetch=fetch)


class DataLoader(Generic[Sample]):
    """Batches of a dataset.

    Args:
        dataset: Map-style, or an `IterableDataset`.
        batch_size: Samples in a batch; None for single samples.
        shuffle: Whether the order is random, anew in each epoch.
        sampler: An order of indices instead.
        batch_sampler: An order of lists of indices instead.
        num_workers: How many workers share the work; they are served in this process, one after the other.
        collate_fn: From a list of samples to a batch.
        pin_memory: Without effect.
        drop_last: Whether a shorter last batch is left out.
        timeout: Without effect.
        worker_init_fn: Called with the number of each worker.
        multiprocessing_context: Without effect.
        generator: Where random numbers come from; by default the default generator.
        prefetch_factor: How many batches each worker's indices are drawn ahead.
        persistent_workers: Whether the workers, and their random streams, live on after an epoch.
        pin_memory_device: Without effect.
        in_order: Without effect: batches always come in order.

    Raises:
        ValueError: Arguments that exclude each other, or are out of range.
    """

    __initialized = False

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers, multiprocessing_context)
        self._is_stream = isinstance(dataset, IterableDataset)
        self._dataset_kind = _DatasetKind.Iterable if self._is_stream else _DatasetKind.Map
        if self._is_stream:
            _check_stream(shuffle, sampler, batch_sampler)
        _check_order(batch_size, shuffle, sampler, batch_sampler, drop_last)
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.generator = generator
        self.in_order = in_order
        self.sampler = self._default_sampler(dataset, shuffle) if sampler is None else sampler
        if batch_sampler is not None:
            batch_size = None
        elif batch_size is not None:
            batch_sampler = BatchSampler(self.sampler, batch_size, drop_last)
        self.batch_size = batch_size
        self.batch_sampler = batch_sampler
        self.drop_last = drop_last
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)
        self.persistent_workers = persistent_workers
        self._IterableDataset_len_called: int | None = None  # what len() of a stream said
        self._iterator: _MultiProcessingDataLoaderIter | None = None
        self.__initialized = True  # loaders built on this one lift it for a while, by the name that PyTorch gives it

    def _default_sampler(self, dataset: Any, shuffle: bool | None) -> Any:
        if self._is_stream:
            return _Endless()
        return RandomSampler(dataset, generator=self.generator) if shuffle else SequentialSampler(dataset)

    def __setattr__(self, name: str, value: Any) -> None:
        if self.__initialized and name in _FIXED:
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    @property
    def _auto_collation(self) -> bool:
        return self.batch_sampler is not None

    @property
    def _index_sampler(self) -> Any:
        return self.batch_sampler if self._auto_collation else self.sampler

    def __iter__(self) -> Iterator[Any]:
        if not self.num_workers:
            return _SingleProcessDataLoaderIter(self)
        if self._iterator is not None:
            self._iterator.restart()
            return self._iterator
        made = _MultiProcessingDataLoaderIter(self)
        if self.persistent_workers:
            self._iterator = made
        return made

    def __len__(self) -> int:
        if not self._is_stream:
            return len(self._index_sampler)
        length = self._IterableDataset_len_called = len(self.dataset)
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else -(-length // self.batch_size)


class _Endless:
    """The order of a stream: no indices, without end."""

    def __iter__(self) -> Iterator[None]:
        return itertools.repeat(None)


class _BaseDataLoaderIter:
    """One epoch.

    Args:
        loader: A `DataLoader`, or what a library puts in its place: only attributes of PyTorch's name are read.
    """

    def __init__(self, loader: DataLoader) -> None:
        if loader.pin_memory:
            warn(
                "'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be "
                "used."
            )
        self._loader = loader
        self._indices = iter(loader._index_sampler)
        self._base_seed = base_seed(loader.generator or default_generator)
        self._yielded = 0
        self._prepare()

    def _prepare(self) -> None:
        raise NotImplementedError

    def _make_fetch(self, dataset: Any) -> Any:
        loader = self._loader
        kind, batched = loader._dataset_kind, loader._auto_collation
        return _DatasetKind.create_fetcher(kind, dataset, batched, loader.collate_fn, loader.drop_last).fetch

    def __iter__(self) -> Iterator[Any]:
        return self

    def __len__(self) -> int:
        return len(self._loader._index_sampler)

    def __next__(self) -> Any:
        trace = current()
        if len(trace.results) > _LONG and not trace.has_backward:
            cut(trace, "batch")
        batch = self._next()
        self._yielded += 1
        promised = self._loader._IterableDataset_len_called
        if promised is not None and self._yielded > promised:
            self._warn_of_length(promised)
        return batch

    def _next(self) -> Any:
        raise NotImplementedError

    def _warn_of_length(self, promised: int) -> None:
        loader = self._loader
        advice = (
            "For multiprocessing data-loading, this could be caused by not properly configuring the IterableDataset "
            "replica at each worker: see torch.utils.data.get_worker_info."
        )
        warn(
            f"Length of IterableDataset {loader.dataset} was reported to be {promised}(when accessing "
            f"len(dataloader)), but {self._yielded} samples have been fetched. {advice if loader.num_workers else ''}"
        )


class _SingleProcessDataLoaderIter(_BaseDataLoaderIter):
    """One epoch, read as it is asked for."""

    def _prepare(self) -> None:
        if self._loader.timeout != 0:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        self._fetch = self._make_fetch(self._loader.dataset)

    def _next(self) -> Any:
        return self._fetch(next(self._indices))


class _MultiProcessingDataLoaderIter(_BaseDataLoaderIter):
    """One epoch, or with persistent workers one after the other, served by workers in turn.

    Indices are drawn ahead as far as PyTorch draws them, so that the script's own draws in between see the same stream.
    """

    def _prepare(self) -> None:
        loader, count = self._loader, self._loader.num_workers
        self._workers = [Worker(k, count, self._base_seed, loader.dataset, loader.worker_init_fn) for k in range(count)]
        self.restart()

    def restart(self) -> None:
        """Begin an epoch."""
        self._yielded = 0
        self._indices = iter(self._loader._index_sampler)
        for worker in self._workers:
            with worker.at_work():
                worker.fetch = self._make_fetch(worker.info.dataset)
        self._turns = deque(self._workers)
        ahead = (self._loader.prefetch_factor or 0) * len(self._workers)
        self._ahead = deque(itertools.islice(self._indices, ahead))

    def _next(self) -> Any:
        while self._turns and self._ahead:
            worker = self._turns[0]
            try:
                with worker.at_work():
                    batch = worker.fetch(self._ahead[0])
            except StopIteration:  # this worker's stream has ended
                self._turns.popleft()
                continue
            self._turns.rotate(-1)
            self._ahead.popleft()
            self._ahead.extend(itertools.islice(self._indices, 1))
            return batch
        raise StopIteration


def _check_workers(count: int, timeout: float, prefetch_factor: int | None, persistent: bool, context: Any) -> None:
    if count < 0:
        raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
    if count > (cores := len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1):
        warn(TOO_MANY_WORKERS.format(count, cores))
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if count == 0 and prefetch_factor is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to enable "
            "multiprocessing, otherwise set prefetch_factor to None."
        )
    if prefetch_factor is not None and prefetch_factor < 0:
        raise ValueError("prefetch_factor option should be non-negative")
    if persistent and count == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")
    if context is not None and count == 0:
        raise ValueError(
            "multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got "
            "num_workers=0"
        )
    methods = multiprocessing.get_all_start_methods()
    if isinstance(context, str) and context not in methods:
        raise ValueError(
            f"multiprocessing_context option should specify a valid start method in {methods!r}, but got "
            f"multiprocessing_context={context!r}"
        )


def _check_stream(shuffle: bool | None, sampler: Any, batch_sampler: Any) -> None:
    for name, given in {"shuffle": shuffle or None, "sampler": sampler, "batch_sampler": batch_sampler}.items():
        if given is not None:
            raise ValueError(
                f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={given}"
            )


def _check_order(
    batch_size: int | None, shuffle: bool | None, sampler: Any, batch_sampler: Any, drop_last: bool
) -> None:
    if sampler is not None and shuffle:
        raise ValueError("sampler option is mutually exclusive with shuffle")
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
        raise ValueError("batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last")
    if batch_size is None and drop_last:
        raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
