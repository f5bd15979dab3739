"""torch.utils.data.sampler: the orders in which indices are visited.

A sampler draws from its generator exactly when and as much as PyTorch's does, also at the end of an epoch.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from funcgrad.torch import _random
from funcgrad.torch._ops.conversion import host_array
from funcgrad.torch._ops.creation import as_tensor
from funcgrad.torch._types import float64
from funcgrad.torch.random import Generator, default_generator

Index = TypeVar("Index", covariant=True)


class Sampler(Generic[Index]):
    """An order of indices; subclasses define `__iter__`, and mostly `__len__`."""

    def __iter__(self) -> Iterator[Index]:
        raise NotImplementedError


class SequentialSampler(Sampler[int]):
    """The indices in their order."""

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """The indices in random order.

    Args:
        data_source: Something with a length.
        replacement: Whether an index may come again.
        num_samples: How many to draw; by default the length.
        generator: Where numbers come from; by default a new one for each epoch, seeded by the default generator.

    Raises:
        TypeError: `replacement` is no bool.
        ValueError: `num_samples` is no positive integer.
    """

    def __init__(
        self, data_source: Any, replacement: bool = False, num_samples: int | None = None, generator: Any = None
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={self.num_samples}")

    @property
    def num_samples(self) -> int:
        """How many indices are drawn."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        generator = self.generator
        if generator is None:
            generator = Generator()
            generator.manual_seed(base_seed(default_generator))
        yield from (self._with_replacement if self.replacement else self._permutations)(generator)

    def _with_replacement(self, generator: Any) -> Iterator[int]:
        """Draws in PyTorch's portions of 32."""
        n, total = len(self.data_source), self.num_samples
        for count in itertools.chain(itertools.repeat(32, total // 32), (total % 32,)):
            yield from _random.randint(generator, 0, n, (count,)).tolist()

    def _permutations(self, generator: Any) -> Iterator[int]:
        """Whole permutations, then a part of one more, which PyTorch draws even if nothing of it is needed."""
        n, total = len(self.data_source), self.num_samples
        for _ in range(total // n):
            yield from _random.randperm(generator, n).tolist()
        yield from _random.randperm(generator, n)[: total % n].tolist()

    def __len__(self) -> int:
        return self.num_samples


def base_seed(generator: Any) -> int:
    """A non-negative 64-bit seed, as PyTorch draws one by `random_()` on an int64 tensor."""
    return _random.random64(generator) % 2**63


class SubsetRandomSampler(Sampler[int]):
    """Given indices in random order."""

    def __init__(self, indices: Sequence[int], generator: Any = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for i in _random.randperm(self.generator or default_generator, len(self.indices)).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices with given probabilities.

    Args:
        weights: A weight for each index; they need not sum to 1.
        num_samples: How many to draw.
        replacement: Whether an index may come again.
        generator: Where numbers come from.

    Raises:
        ValueError: An argument is of the wrong kind or shape.
    """

    def __init__(
        self, weights: Sequence[float], num_samples: int, replacement: bool = True, generator: Any = None
    ) -> None:
        if not _is_count(num_samples):
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={num_samples}")
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean value, but got replacement={replacement}")
        self.weights = as_tensor(weights, dtype=float64)
        if self.weights.ndim != 1:
            raise ValueError(
                f"weights should be a 1d sequence but given weights have shape {tuple(self.weights.shape)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        weights = host_array(self.weights, "data")
        generator = self.generator or default_generator
        yield from _random.multinomial(generator, weights, self.num_samples, self.replacement).tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Another sampler's indices in lists.

    Args:
        sampler: A sampler, or anything iterable.
        batch_size: Length of the lists.
        drop_last: Whether a shorter last list is left out.

    Raises:
        ValueError: An argument is of the wrong kind.
    """

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool) -> None:
        if not _is_count(batch_size):
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler: Iterable[int] = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self) -> int:
        length = len(self.sampler)  # pyright: ignore[reportArgumentType]
        return length // self.batch_size if self.drop_last else -(-length // self.batch_size)


def _is_count(n: Any) -> bool:
    return isinstance(n, int) and not isinstance(n, bool) and n > 0
