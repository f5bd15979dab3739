"""torch.utils.data._utils.fetch: from indices to a batch.

Batches of a `TensorDataset` are taken whole, one indexing a tensor; what comes out is what its samples, collated one
by one, would give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from funcgrad.torch._dispatch import value_of
from funcgrad.torch._grad_mode import state
from funcgrad.torch.utils.data._utils.collate import default_collate
from funcgrad.torch.utils.data._utils.host import known_tensor, settle
from funcgrad.torch.utils.data.dataset import Dataset, Subset, TensorDataset
from funcgrad.trace import array_of, current, cut

_LONG = 96
"""Results from which on a batch's samples are computed in portions, all by one small program."""

_MANY = "__getitems__"

Fetch = Callable[[Any], Any]
"""From an index, or a list of them, to a batch; raises StopIteration where a stream ends."""


def stream_fetch(dataset: Any, batched: bool, collate: Callable[[Any], Any], drop_last: bool) -> Fetch:
    """How a stream's batches are made; of the indices only their number is looked at."""
    stream = iter(dataset)
    return _stream_fetch(stream, collate, drop_last) if batched else lambda _: collate(next(stream))


def map_fetch(dataset: Any, batched: bool, collate: Callable[[Any], Any]) -> Fetch:
    """How the batches of a dataset with indices are made."""
    if not batched:
        return lambda index: collate(dataset[index])
    one_by_one = _sample_fetch(dataset, collate)
    if collate is default_collate and _holds_tensors(dataset):
        return _whole_fetch(dataset, one_by_one)
    return one_by_one


def _stream_fetch(stream: Iterator[Any], collate: Callable[[Any], Any], drop_last: bool) -> Fetch:
    has_ended = False

    def fetch(indices: list[Any]) -> Any:
        nonlocal has_ended
        if has_ended:
            raise StopIteration
        samples = [sample for _, sample in zip(indices, stream, strict=False)]
        has_ended = len(samples) < len(indices)
        if not samples or (drop_last and has_ended):
            raise StopIteration
        return collate(samples)

    return fetch


def _sample_fetch(dataset: Any, collate: Callable[[Any], Any]) -> Fetch:
    many = getattr(dataset, _MANY, None)
    if many:
        return lambda indices: collate(many(indices))
    return lambda indices: collate([_sample(dataset, i) for i in indices])


def _sample(dataset: Any, index: Any) -> Any:
    sample = dataset[index]
    settle(sample)
    trace = current()
    if len(trace.results) > _LONG:
        cut(trace, "batch")
    return sample


def _holds_tensors(dataset: Any) -> bool:
    """Whether the dataset's samples are rows of tensors, so that a batch is an indexing of each."""
    while type(dataset) is Subset:
        dataset = dataset.dataset
    if not isinstance(dataset, TensorDataset) or hasattr(dataset, _MANY):
        return False
    return type(dataset).__getitem__ is TensorDataset.__getitem__


def _whole_fetch(dataset: Dataset[Any], one_by_one: Fetch) -> Fetch:
    def fetch(indices: Any) -> Any:
        batch = _whole_batch(dataset, indices)
        return one_by_one(indices) if batch is None else batch

    return fetch


def _whole_batch(dataset: Any, indices: Any) -> list[Any] | None:
    """The batch, or None where only the samples one by one give PyTorch's result or error."""
    try:
        while type(dataset) is Subset:
            indices = [dataset.indices[i] for i in indices]
            dataset = dataset.dataset
        places = np.array(indices)
        if places.dtype.kind != "i" or places.ndim != 1:
            return None
        if state.grad and any(x.requires_grad for x in dataset.tensors):
            return None
        return [known_tensor(np.asarray(array_of(value_of(x), "data"))[places]) for x in dataset.tensors]
    except (IndexError, TypeError, ValueError):
        return None
