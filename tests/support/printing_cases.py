"""Arrays and print options for the printing tests: one case for each seed, the same on every machine."""

import math
from dataclasses import dataclass, field
from random import Random

import ml_dtypes
import numpy as np

FLOATS = (np.float16, ml_dtypes.bfloat16, np.float32, np.float64)
DTYPES = tuple(
    np.dtype(kind)
    for kind in (*FLOATS, np.int64, np.int32, np.int16, np.int8, np.uint8, np.bool_, np.complex64, np.complex128)
)
SHAPES = (
    *((), (1,), (3,), (17,), (40,), (0,), (2, 3), (5, 8), (12, 13), (0, 3), (2, 0, 4), (2, 3, 4), (2, 1, 3, 2)),
    *((1001,), (7, 150), (1100, 1), (3, 7, 60), (2, 8, 3, 30)),
)
SPECIAL = (math.nan, math.inf, -math.inf, 0.0, -0.0)
OPTIONS = {
    "profile": (None, "default", "short", "full", "unknown"),
    "precision": (None, 0, 2, 8),
    "threshold": (None, 0, 5, 50),
    "edgeitems": (None, 0, 1, 2),
    "linewidth": (None, 10, 40, 120),
    "sci_mode": (None, False, True),
}


@dataclass
class Case:
    """What to print, and how. `graph` is None, "leaf" for a leaf that requires grad, "node" for a computed tensor."""

    array: np.ndarray
    options: dict = field(default_factory=dict)
    default: str = "float32"
    graph: str | None = None

    @property
    def arguments(self):
        """Keyword arguments of `tensor_text`."""
        return {
            "dtype_name": f"torch.{self.array.dtype.name}",
            "default_dtype_name": f"torch.{self.default}",
            "grad_fn_name": "CloneBackward0" if self.graph == "node" else None,
            "requires_grad": self.graph is not None,
        }


def pick(random, values):
    """One of the values; only `Random.random` gives the same numbers in every Python."""
    return values[int(random.random() * len(values))]


def _number(random, kind, scale):
    bell = random.random() + random.random() + random.random() - 1.5
    if kind == "spread":
        return bell * 10.0 ** pick(random, range(-5, 6))
    return float(round(bell * scale)) if kind == "integral" else bell * scale


def _floats(random, count):
    kind = pick(random, ("plain", "plain", "integral", "spread"))
    scale = 10.0 ** pick(random, (-6, -3, 0, 0, 1, 4, 9))
    numbers = [_number(random, kind, scale) for _ in range(count)]
    for _ in range(min(count, pick(random, (0, 0, 0, 1, 3)))):
        numbers[pick(random, range(count))] = pick(random, SPECIAL)
    return numbers


def make_array(random, dtype, shape):
    count = math.prod(shape)
    if dtype.kind == "c":
        numbers = [complex(*parts) for parts in zip(_floats(random, count), _floats(random, count), strict=True)]
    elif dtype.kind in "biu":
        values = range(2) if dtype.kind == "b" else range(-100 if dtype.kind == "i" else 0, 101)
        numbers = [pick(random, values) for _ in range(count)]
    else:
        numbers = _floats(random, count)
    with np.errstate(over="ignore"):  # an infinity in float16 is as good a case
        return np.array(numbers).reshape(shape).astype(dtype)


def make_case(seed):
    random = Random(seed)
    array = make_array(random, DTYPES[seed % len(DTYPES)], SHAPES[seed // len(DTYPES) % len(SHAPES)])
    return Case(
        array=array,
        options={name: pick(random, values) for name, values in OPTIONS.items()} if random.random() < 0.5 else {},
        default=pick(random, ("float32", "float32", "float64")),
        graph=None if array.dtype.kind in "biu" else pick(random, (None, "leaf", "node")),
    )


RECORDED = tuple(make_case(seed) for seed in range(2 * len(DTYPES) * len(SHAPES)))
