"""The real PyTorch's draws for the calls of `random_cases`."""

from typing import Any

import numpy as np
import torch
from random_cases import chances, weights

from funcgrad.torch._random.twister import untemper


def torch_draw(generator: torch.Generator, name: str, **arguments: Any) -> torch.Tensor:
    return _DRAWS[name](generator, **arguments)


def raw(tensor: torch.Tensor) -> np.ndarray:
    """A tensor's bytes in C order."""
    return tensor.reshape(-1).clone(memory_format=torch.contiguous_format).view(torch.uint8).numpy()


def _empty(n: int, dtype: str) -> torch.Tensor:
    return torch.empty(n, dtype=getattr(torch, dtype))


def _tensor(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(array.astype(np.float64)).to(getattr(torch, array.dtype.name))


_DRAWS = {
    "rand": lambda g, n, dtype: torch.rand(n, dtype=getattr(torch, dtype), generator=g),
    "uniform": lambda g, n, low, high, dtype: _empty(n, dtype).uniform_(low, high, generator=g),
    "normal": lambda g, n, mean, std, dtype: _empty(n, dtype).normal_(mean, std, generator=g),
    "strided_normal": lambda g, n, dtype: _empty(2 * n, dtype)[::2].normal_(0.5, 2.0, generator=g),
    "randint": lambda g, n, low, high, dtype: _empty(n, dtype).random_(low, high, generator=g),
    "random": lambda g, n, dtype: _empty(n, dtype).random_(generator=g),
    "randperm": lambda g, n: torch.randperm(n, generator=g),
    "bernoulli": lambda g, n, p, dtype: _empty(n, dtype).bernoulli_(p, generator=g),
    "bernoulli_from": lambda g, n, dtype: torch.bernoulli(_tensor(chances(n, dtype)), generator=g),
    "exponential": lambda g, n, rate, dtype: _empty(n, dtype).exponential_(rate, generator=g),
    "geometric": lambda g, n, p, dtype: _empty(n, dtype).geometric_(p, generator=g),
    "cauchy": lambda g, n, median, sigma, dtype: _empty(n, dtype).cauchy_(median, sigma, generator=g),
    "log_normal": lambda g, n, mean, std, dtype: _empty(n, dtype).log_normal_(mean, std, generator=g),
    "multinomial": lambda g, shape, samples, replacement, dtype: torch.multinomial(
        _tensor(weights(shape, dtype)), samples, replacement, generator=g
    ),
}


class HandedWords:
    """A generator of PyTorch's that draws the words it is handed, at most 623: they are written into its state."""

    def __init__(self) -> None:
        self._generator = torch.Generator()
        torch.rand(1, generator=self._generator)  # from here on the state holds the words to come
        self._state = self._generator.get_state()
        self._key = self._state.numpy()[24 : 24 + 8 * 624].view(np.uint64)

    def normals(self, words: np.ndarray) -> np.ndarray:
        self._key[1 : words.size + 1] = untemper(words)
        self._generator.set_state(self._state)
        return torch.empty(words.size).normal_(generator=self._generator).numpy()
