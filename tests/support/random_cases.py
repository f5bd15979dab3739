"""Random draws by name, and the calls whose values are recorded, by item of the semantics they show."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np

from funcgrad.torch import _random

DTYPES = {
    np.dtype(scalar).name: np.dtype(scalar)
    for scalar in (np.float32, np.float64, np.float16, ml_dtypes.bfloat16, np.int64, np.int32, np.int16, np.int8)
} | {"uint8": np.dtype(np.uint8), "bool": np.dtype(np.bool_)}
FLOATS = ("float32", "float64", "float16", "bfloat16")
COMPLEX = {name: np.dtype(name) for name in ("complex64", "complex128")}
# The fraction of 2**24 whose radius is exactly 1: about 1 - exp(-1/2).
RADIUS_ONE = 6601320


def chances(n: int, dtype: str) -> np.ndarray:
    return np.linspace(0, 1, n).astype(DTYPES[dtype])


def weights(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    return (np.arange(math.prod(shape)) % 7 * 0.37 + 0.01).reshape(shape).astype(DTYPES[dtype])


def draw(generator: _random.Generator, name: str, **arguments: Any) -> np.ndarray:
    """Our draw for a call; `torch_draw` in `torch_random.py` is PyTorch's for the same one."""
    return _DRAWS[name](
        generator, **{key: _dtype(value) if key == "dtype" else value for key, value in arguments.items()}
    )


def _dtype(name: str) -> np.dtype:
    return COMPLEX[name] if name in COMPLEX else DTYPES[name]


_DRAWS = {
    "rand": lambda g, n, dtype: _random.rand(g, (n,), dtype),
    "uniform": lambda g, n, low, high, dtype: _random.uniform(g, (n,), low, high, dtype),
    "normal": lambda g, n, mean, std, dtype: _random.normal(g, (n,), mean, std, dtype),
    "strided_normal": lambda g, n, dtype: _random.normal(g, (n,), 0.5, 2.0, dtype, contiguous=n < 2),
    "randint": lambda g, n, low, high, dtype: _random.randint(g, low, high, (n,), dtype),
    "random": lambda g, n, dtype: _random.random(g, (n,), dtype),
    "randperm": lambda g, n: _random.randperm(g, n),
    "bernoulli": lambda g, n, p, dtype: _random.bernoulli(g, p, (n,), dtype),
    "bernoulli_from": lambda g, n, dtype: _random.bernoulli_from(g, chances(n, dtype.name)),
    "exponential": lambda g, n, rate, dtype: _random.exponential(g, (n,), rate, dtype),
    "geometric": lambda g, n, p, dtype: _random.geometric(g, (n,), p, dtype),
    "cauchy": lambda g, n, median, sigma, dtype: _random.cauchy(g, (n,), median, sigma, dtype),
    "log_normal": lambda g, n, mean, std, dtype: _random.log_normal(g, (n,), mean, std, dtype),
    "multinomial": lambda g, shape, samples, replacement, dtype: _random.multinomial(
        g, weights(shape, dtype.name), samples, replacement
    ),
}


class Call(NamedTuple):
    name: str
    arguments: dict[str, Any]

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{key}={value}' for key, value in self.arguments.items())})"


def call(name: str, **arguments: Any) -> Call:
    return Call(name, arguments)


def _normals(*sizes: int, mean: float = 0.0, std: float = 1.0, dtype: str = "float32") -> list[Call]:
    return [call("normal", n=n, mean=mean, std=std, dtype=dtype) for n in sizes]


SEED = 20_240_607
RECORDED = {
    "150_words": [call("random", n=1300, dtype="int32"), call("random", n=650, dtype="int64")],
    "152_rand": [call("rand", n=n, dtype=dtype) for dtype in FLOATS for n in (0, 1, 40, 130)],
    "152_rand_past_a_chunk": [call("rand", n=19_969, dtype="bfloat16"), call("rand", n=3, dtype="float32")],
    "153_uniform": [
        call("uniform", n=60, low=low, high=high, dtype=dtype)
        for dtype in FLOATS
        for low, high in ((-0.03125, 0.03125), (-0.1, 0.3), (1000.0, 1000.001), (2.0, 2.0))
    ],
    "153_complex_uniform": [
        *(call("rand", n=n, dtype=dtype) for dtype in COMPLEX for n in (1, 40)),
        *(call("uniform", n=9, low=-0.1, high=0.3, dtype=dtype) for dtype in COMPLEX),
    ],
    "155_complex_normals": [
        *(c for dtype in COMPLEX for c in _normals(1, 7, 8, 33, mean=0.3, std=2.7, dtype=dtype)),
        *(call("strided_normal", n=20, dtype=dtype) for dtype in COMPLEX),
    ],
    "154_scalar_normals": [c for dtype in FLOATS for c in _normals(1, 2, 15, mean=0.3, std=2.7, dtype=dtype)],
    "154_kept_normal_survives_blocks": _normals(3, 16, 0, 1, 17, 3),
    "154_normal_on_strided_targets": [call("strided_normal", n=n, dtype=dtype) for dtype in FLOATS for n in (1, 33)],
    "155_normal_in_blocks": [
        c for dtype in FLOATS for std in (1.0, 0.02) for c in _normals(16, 17, 31, 64, 150, std=std, dtype=dtype)
    ],
    "155_normal_with_mean": [c for dtype in FLOATS for c in _normals(16, 50, mean=-3.0, std=0.7, dtype=dtype)],
    "156_normal_past_a_chunk": [*_normals(19_987, dtype="bfloat16"), *_normals(1300)],
    "158_randint": [
        call("randint", n=40, low=low, high=high, dtype="int64")
        for low, high in (
            (0, 10),
            (-5, 2**28 - 6),
            (-5, 2**28 - 5),
            (0, 2**32),
            (-(2**62), 2**62),
            (-(2**63), 2**63 - 1),
        )
    ],
    "158_randint_of_other_types": [
        call("randint", n=40, low=0, high=2, dtype="bool"),
        call("randint", n=40, low=-100, high=100, dtype="int8"),
        call("randint", n=40, low=0, high=256, dtype="uint8"),
        *(call("randint", n=40, low=-3, high=200, dtype=dtype) for dtype in FLOATS),
    ],
    "158_random_without_bounds": [call("random", n=40, dtype=dtype) for dtype in DTYPES],
    "159_randperm": [call("randperm", n=n) for n in (0, 1, 2, 10, 299, 300, 301, 3000)],
    "160_bernoulli": [
        call("bernoulli", n=60, p=p, dtype=dtype) for dtype in ("float32", "bool", "bfloat16") for p in (0.0, 0.3, 1.0)
    ],
    "160_bernoulli_of_a_tensor": [call("bernoulli_from", n=60, dtype=dtype) for dtype in FLOATS],
    "161_exponential": [call("exponential", n=150, rate=rate, dtype=dtype) for dtype in FLOATS for rate in (1.0, 2.7)],
    "161_geometric": [call("geometric", n=60, p=0.2, dtype=dtype) for dtype in (*FLOATS, "int64")],
    "161_cauchy": [call("cauchy", n=60, median=0.3, sigma=2.7, dtype=dtype) for dtype in FLOATS],
    "161_log_normal": [call("log_normal", n=21, mean=0.3, std=1.5, dtype=dtype) for dtype in FLOATS],
    "162_multinomial": [
        call("multinomial", shape=shape, samples=samples, replacement=replacement, dtype=dtype)
        for dtype in ("float32", "float64")
        for shape in ((30,), (3, 20))
        for samples, replacement in ((1, False), (1, True), (12, False), (12, True))
    ],
}


def words_for_every_uniform() -> Iterator[np.ndarray]:
    """Words for normal draws, 608 a row, that show every uniform as a radius at angle 0 and as an angle at radius 1."""
    rows, pairs = 64, 304
    everything = np.arange(2**24, dtype=np.uint32)
    for role, other in ((0, 0), (1, RADIUS_ONE)):
        for start in range(0, 2**24, rows * pairs):
            words = np.full((rows * pairs // 8, 2, 8), other, np.uint32)
            words[:, role] = np.resize(everything[start : start + rows * pairs], (rows * pairs // 8, 8))
            yield words.reshape(rows, 2 * pairs)
