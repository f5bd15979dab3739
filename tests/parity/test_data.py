"""The order of batches and the random numbers that loaders and samplers consume, beside the real PyTorch's."""

import itertools
import random
import warnings

import numpy as np
import pytest
import torch as real
import torch.utils.data as real_data
from hypothesis import given, settings
from hypothesis import strategies as st

import funcgrad.torch as shim
from funcgrad.torch.utils import data as shim_data

BOTH = ((real, real_data), (shim, shim_data))


def agree(run):
    """Whether a function of (torch, torch.utils.data) has one outcome under both: its result or its error."""
    outcomes = []
    for torch, data in BOTH:
        torch.manual_seed(3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                outcomes.append(plain(run(torch, data)))
            except Exception as error:
                outcomes.append((type(error).__name__, str(error)))
    assert outcomes[1] == outcomes[0]
    return outcomes[0]


def plain(x):
    if isinstance(x, real.Tensor | shim.Tensor):
        return str(x.dtype), x.tolist()
    if isinstance(x, dict):
        return type(x).__name__, {key: plain(value) for key, value in x.items()}
    if isinstance(x, tuple | list):
        return type(x).__name__, [plain(part) for part in x]
    return x


def rows(torch, data, n):
    return data.TensorDataset(torch.arange(2 * n).reshape(n, 2).float(), torch.arange(n))


class Squares:
    """A map-style dataset of mixed samples."""

    def __init__(self, torch, n):
        self.x = torch.arange(3.0 * n).reshape(n, 3)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return {"row": self.x[i], "label": i, "half": i / 2, "name": str(i), "pair": (self.x[i, 0] * 2, np.float32(i))}


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 40),
    batch_size=st.integers(1, 12),
    shuffle=st.booleans(),
    own=st.booleans(),
    drop_last=st.booleans(),
    subset=st.booleans(),
    epochs=st.integers(1, 3),
)
def test_163_batches_and_the_streams_after_them(n, batch_size, shuffle, own, drop_last, subset, epochs):
    def run(torch, data):
        dataset, generator = rows(torch, data, n), torch.Generator().manual_seed(5) if own else None
        if subset:
            dataset = data.random_split(dataset, [n - n // 3, n // 3])[0]
        loader = data.DataLoader(dataset, batch_size, shuffle, drop_last=drop_last, generator=generator)
        seen = [[batch, torch.rand(1)] for _ in range(epochs) for batch in loader]
        return seen, torch.rand(2), torch.rand(2, generator=generator), len(loader)

    agree(run)


@pytest.mark.parametrize("persistent, own", list(itertools.product([False, True], repeat=2)))
def test_163_workers_draw_from_streams_of_their_own(persistent, own):
    def run(torch, data):
        class Noisy(data.Dataset):
            def __len__(self):
                return 11

            def __getitem__(self, i):
                return torch.rand(2), np.random.rand(), random.random(), data.get_worker_info().id

        generator = torch.Generator().manual_seed(5) if own else None
        loader = data.DataLoader(
            Noisy(), 2, True, num_workers=2, persistent_workers=persistent, generator=generator, worker_init_fn=int
        )
        return [list(loader) for _ in range(3)], torch.rand(2), torch.rand(2, generator=generator)

    agree(run)


@pytest.mark.parametrize("workers, drop_last", list(itertools.product([0, 2, 3], [False, True])))
def test_streams_come_in_turn_from_each_worker(workers, drop_last):
    def run(torch, data):
        class Count(data.IterableDataset):
            def __iter__(self):
                worker = data.get_worker_info()
                return iter(range(7) if worker is None else range(10 * worker.id, 10 * worker.id + 3 + 4 * worker.id))

        return list(data.DataLoader(Count(), 2, num_workers=workers, drop_last=drop_last))

    agree(run)


@pytest.mark.parametrize(
    "make",
    [
        lambda torch, data: data.RandomSampler(range(9), generator=torch.Generator().manual_seed(2)),
        lambda torch, data: data.RandomSampler(range(9), num_samples=20),
        lambda torch, data: data.RandomSampler(range(9), True, 70),
        lambda torch, data: data.SubsetRandomSampler([3, 1, 4, 1, 5]),
        lambda torch, data: data.WeightedRandomSampler([0.1, 0.9, 0.4, 0.7, 3.0, 0.6], 50),
        lambda torch, data: data.WeightedRandomSampler([0.9, 0.4, 0.05, 0.2, 0.3, 0.1], 5, False),
        lambda torch, data: data.BatchSampler(data.SequentialSampler(range(7)), 3, True),
        lambda torch, data: data.DistributedSampler(range(11), 4, 2),
        lambda torch, data: data.DistributedSampler(range(3), 8, 7, shuffle=False),
        lambda torch, data: data.DistributedSampler(range(11), 4, 3, seed=9, drop_last=True),
        lambda torch, data: data.RandomSampler([]),
        lambda torch, data: data.RandomSampler(range(3), replacement=1),
        lambda torch, data: data.WeightedRandomSampler([[0.1]], 2),
        lambda torch, data: data.WeightedRandomSampler([0.1], 0),
        lambda torch, data: data.WeightedRandomSampler([0.1], 1, 1),
        lambda torch, data: data.BatchSampler(range(3), 0, False),
        lambda torch, data: data.BatchSampler(range(3), 2, 0),
        lambda torch, data: data.DistributedSampler(range(3), 2, 2),
    ],
)
def test_samplers_and_their_errors(make):
    def run(torch, data):
        sampler = make(torch, data)
        return [list(sampler), list(sampler)], len(sampler), torch.rand(2)

    agree(run)


@pytest.mark.parametrize(
    "run",
    [
        lambda torch, data: data.random_split(range(10), [0.3, 0.3, 0.4])[2].indices,
        lambda torch, data: data.random_split(range(7), [0.5, 0.5], torch.Generator().manual_seed(1))[0].indices,
        lambda torch, data: data.random_split(range(10), [3, 8]),
        lambda torch, data: data.random_split(range(10), [1.5, -0.5]),
        lambda torch, data: data.TensorDataset(torch.ones(2), torch.ones(3)),
        lambda torch, data: list(data.ConcatDataset([range(3), range(5, 8)])),
        lambda torch, data: data.ConcatDataset([range(3), range(5, 8)])[-7],
        lambda torch, data: data.ConcatDataset([]),
        lambda torch, data: data.StackDataset(a=range(3), b=range(3))[1],
        lambda torch, data: data.StackDataset(range(3), range(4)),
        lambda torch, data: data.StackDataset(),
        lambda torch, data: list(data.DataLoader(data.StackDataset(range(4), data.Subset(range(9), [1, 2, 3, 8])), 3)),
        lambda torch, data: list(rows(torch, data, 2) + rows(torch, data, 1)),
        lambda torch, data: data.Dataset()[0],
        lambda torch, data: list(data.DataLoader(rows(torch, data, 4), batch_sampler=[[0, 3], [1, 1, 2], [-1]])),
        lambda torch, data: list(data.DataLoader(rows(torch, data, 4), batch_sampler=[[0, 4]])),
        lambda torch, data: list(data.DataLoader(rows(torch, data, 4), batch_sampler=[[]])),
        lambda torch, data: list(data.DataLoader(rows(torch, data, 4), batch_sampler=[torch.tensor([2, 0])])),
        lambda torch, data: list(data.DataLoader(rows(torch, data, 4), batch_size=None, shuffle=True)),
        lambda torch, data: list(data.DataLoader(rows(torch, data, 5), 2, collate_fn=len)),
        lambda torch, data: list(data.DataLoader(Squares(torch, 7), 3, True)),
        lambda torch, data: list(data.DataLoader([1, 2, 3], sampler=[2, 0])),
        lambda torch, data: list(data.DataLoader(np.arange(12.0).reshape(4, 3), 3)),
        lambda torch, data: data.DataLoader(range(3), num_workers=-1),
        lambda torch, data: data.DataLoader(range(3), timeout=-1),
        lambda torch, data: data.DataLoader(range(3), prefetch_factor=2),
        lambda torch, data: data.DataLoader(range(3), persistent_workers=True),
        lambda torch, data: data.DataLoader(range(3), sampler=[0], shuffle=True),
        lambda torch, data: data.DataLoader(range(3), batch_sampler=[[0]], batch_size=2),
        lambda torch, data: data.DataLoader(range(3), batch_size=None, drop_last=True),
        lambda torch, data: data.DataLoader(range(3), multiprocessing_context="fork"),
        lambda torch, data: data.DataLoader(range(3), 0),
        lambda torch, data: data.DataLoader(data.ChainDataset([]), shuffle=True),
        lambda torch, data: data.DataLoader(data.ChainDataset([]), sampler=[1]),
        lambda torch, data: setattr(data.DataLoader(range(3)), "batch_size", 2),
    ],
)
def test_datasets_loaders_and_their_errors(run):
    agree(run)


@pytest.mark.parametrize(
    "batch",
    [
        [1, 2, 3],
        [1.5, 2],
        [True, False],
        ["a", "b"],
        [b"a", b"b"],
        [(1, 2.0), (3, 4.0)],
        [[1, "x"], [2, "y"]],
        [{"a": 1, "b": [1, 2]}, {"a": 2, "b": [3, 4]}],
        [np.arange(3), np.arange(3) + 1],
        [np.float32(1), np.float32(2)],
        [np.float64(1), np.float64(2)],
        [np.int32(1), np.int32(2)],
        [np.array("text")],
        [range(2), range(2)],
        [[1], [1, 2]],
        [object()],
        [None],
        [np.zeros(2), np.zeros(3)],
    ],
    ids=lambda batch: str(batch).partition(" at 0x")[0],
)
def test_default_collate(batch):
    def run(torch, data):
        try:
            return data.default_collate(batch)
        except TypeError as error:
            return str(error).partition(" at 0x")[0]

    agree(run)


def test_default_convert():
    agree(lambda torch, data: data.default_convert({"a": np.arange(2), "b": (1, np.float32(2)), "c": ["x", None]}))
