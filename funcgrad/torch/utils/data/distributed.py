"""torch.utils.data.distributed: the share of one process of a dataset that several read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from funcgrad.torch import _random
from funcgrad.torch.distributed import get_rank, get_world_size
from funcgrad.torch.random import Generator
from funcgrad.torch.utils.data.sampler import Index, Sampler


class DistributedSampler(Sampler[Index]):
    """Every `num_replicas`-th index, starting at `rank`, so that all processes together visit the dataset once.

    Args:
        dataset: What the processes read.
        num_replicas: How many processes there are.
        rank: Which of them this is.
        shuffle: Whether the order is random: the same on all processes, by `seed` plus the epoch.
        seed: Seed of the order.
        drop_last: Whether the tail is dropped to make all shares equal; else some indices come twice.

    Raises:
        ValueError: The rank is none of theirs, or there is no process group that tells what is left out.
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        num_replicas = get_world_size() if num_replicas is None else num_replicas
        rank = get_rank() if rank is None else rank
        if not 0 <= rank < num_replicas:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.shuffle = shuffle
        self.seed = seed
        self.drop_last = drop_last
        share = len(dataset) / num_replicas
        self.num_samples = math.floor(share) if drop_last else math.ceil(share)
        self.total_size = self.num_samples * num_replicas

    def __iter__(self) -> Iterator[Any]:
        indices = self._order()
        if len(indices) < self.total_size:
            indices *= math.ceil(self.total_size / len(indices))
        return iter(indices[self.rank : self.total_size : self.num_replicas])

    def _order(self) -> list[int]:
        if not self.shuffle:
            return list(range(len(self.dataset)))
        return _random.randperm(Generator().manual_seed(self.seed + self.epoch), len(self.dataset)).tolist()

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Choose another random order for the next epoch."""
        self.epoch = epoch
