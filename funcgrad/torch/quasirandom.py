"""torch.quasirandom: Sobol points, which fill a cube more evenly than random ones.

The points are computed on the host, from the directions of Joe and Kuo, which come from SciPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from funcgrad.torch._ops.creation import tensor
from funcgrad.torch._ops.filling import put
from funcgrad.torch._ops.random import randint
from funcgrad.torch._random.generator import Generator
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import get_default_dtype


class SobolEngine:
    """A sequence of points in the unit cube.

    Args:
        dimension: Of the cube, at most 21201.
        scramble: Whether the points are scrambled by a random matrix and a random shift, bit by bit.
        seed: Of the scrambling; by default the default generator goes on.

    Raises:
        ValueError: No such dimension.

    Example:
        >>> from funcgrad.torch.quasirandom import SobolEngine
        >>> SobolEngine(2).draw(3)
        tensor([[0.0000, 0.0000],
                [0.5000, 0.5000],
                [0.7500, 0.2500]])
    """

    MAXBIT = 30
    MAXDIM = 21201

    def __init__(self, dimension: int, scramble: bool = False, seed: int | None = None) -> None:
        if not 1 <= dimension <= self.MAXDIM:
            raise ValueError(f"Supported range of dimensionality for SobolEngine is [1, {self.MAXDIM}]")
        self.dimension, self.scramble, self.seed = dimension, scramble, seed
        self.num_generated = 0
        self._directions = np.zeros((0, dimension), np.int64)
        self._shift, self._matrix = self._scrambling() if scramble else (np.zeros(dimension, np.int64), None)

    def _scrambling(self) -> tuple[np.ndarray, np.ndarray]:
        """The shift of each dimension, and its matrix over bits, the highest bit first."""
        generator = None if self.seed is None else Generator().manual_seed(self.seed)
        bits = randint(2, (self.dimension, self.MAXBIT), generator=generator).numpy()
        matrix = randint(2, (self.dimension, self.MAXBIT, self.MAXBIT), generator=generator).numpy()
        return bits @ (1 << np.arange(self.MAXBIT)), np.tril(matrix, -1) + np.eye(self.MAXBIT, dtype=np.int64)

    def draw(self, n: int = 1, out: Tensor | None = None, dtype: Any = None) -> Tensor:
        """The next `n` points, `[n, dimension]`.

        Args:
            n: How many.
            out: Becomes the result.
            dtype: Of the result.
        """
        dtype = get_default_dtype() if dtype is None else dtype
        first, self.num_generated = self.num_generated, self.num_generated + n
        points = self._points(np.arange(first, first + n)) / (1 << self.MAXBIT)
        if first == 0:
            points[:1] = points[:1].astype(np.float32)  # PyTorch keeps the very first point in the default dtype
        made = tensor(points, dtype=dtype)
        return made if out is None else put(made, out, (), "sobol")

    def draw_base2(self, m: int, out: Tensor | None = None, dtype: Any = None) -> Tensor:
        """The next `2 ** m` points.

        Raises:
            ValueError: Together with those before they are not a power of two, so not balanced.
        """
        total = self.num_generated + 2**m
        if total & (total - 1):
            raise ValueError(
                "The balance properties of Sobol' points require n to be a power of 2. "
                f"{self.num_generated} points have been previously generated, then: "
                f"n={self.num_generated}+2**{m}={total}. If you still want to do this, please use "
                "'SobolEngine.draw()' instead."
            )
        return self.draw(2**m, out=out, dtype=dtype)

    def reset(self) -> SobolEngine:
        """Begin anew with the first point."""
        self.num_generated = 0
        return self

    def fast_forward(self, n: int) -> SobolEngine:
        """Leave out the next `n` points."""
        self.num_generated += n
        return self

    def _points(self, numbers: np.ndarray) -> np.ndarray:
        """Points by their numbers, in units of the last bit: of each direction in the number's Gray code the sum."""
        code = numbers ^ (numbers >> 1)
        found = np.broadcast_to(self._shift, (len(numbers), self.dimension)).copy()
        for j, direction in enumerate(self._known_directions(int(numbers[-1]).bit_length() if len(numbers) else 0)):
            found ^= (code >> j & 1)[:, None] * direction
        return found

    def _known_directions(self, count: int) -> np.ndarray:
        if len(self._directions) < count:
            plain = _directions(self.dimension, count)
            self._directions = plain if self._matrix is None else _scrambled(plain, self._matrix)
        return self._directions[:count]

    def __repr__(self) -> str:
        parts = [f"dimension={self.dimension}"]
        parts += ["scramble=True"] if self.scramble else []
        parts += [] if self.seed is None else [f"seed={self.seed}"]
        return f"{type(self).__name__}({', '.join(parts)})"


def _directions(dimension: int, count: int) -> np.ndarray:
    """The first directions, `[count, dimension]`: point 2 ** j is the sum of direction j and the one before."""
    from scipy.stats import qmc  # half a second, and JAX has it along

    points = qmc.Sobol(dimension, scramble=False, bits=SobolEngine.MAXBIT).random_base2(count)
    differences = (points[1 << np.arange(count)] * (1 << SobolEngine.MAXBIT)).astype(np.int64)
    return np.bitwise_xor.accumulate(differences)


def _scrambled(directions: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Each direction's bits times the matrix of its dimension, modulo 2."""
    place = np.arange(SobolEngine.MAXBIT)[::-1]
    bits = directions[..., None] >> place & 1
    return (np.einsum("dpk,jdk->jdp", matrix, bits) % 2) @ (1 << place)
