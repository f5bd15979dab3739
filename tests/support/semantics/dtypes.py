"""Which dtype a result has, items 138 to 143."""

import numpy as np
from scenarios import error


def _shown(x):
    return [str(x.dtype).removeprefix("torch."), x.tolist()]


def item_138_dtypes_of_what_is_made(torch):
    """Whole numbers make int64, floats float32, NumPy arrays keep their dtype, `torch.Tensor` is float32."""
    return {
        "numbers": [_shown(torch.tensor(value)) for value in (1, 1.0, True, [1, 2.0], [True, 2])],
        "arange": [_shown(torch.arange(3)), _shown(torch.arange(0, 1, 0.5))],
        "full": [_shown(torch.full((1,), value)) for value in (3, 3.0, True)],
        "numpy": [_shown(torch.tensor(np.array([0.5, 2.0], dtype))) for dtype in ("float64", "float32", "float16")],
        "from_numpy": _shown(torch.from_numpy(np.array([0.5, 2.0]))),
        "Tensor": _shown(torch.Tensor([1, 2])),
    }


def item_139_division(torch):
    """`/` of integers is true division, `//` floors, `%` has the divisor's sign; an integer `// 0` is an error."""
    a, b = torch.tensor([-3, 3, -7, 7]), torch.tensor([2, -2, 2, 2])
    zero = torch.tensor([0])
    return {
        "/": _shown(a / b),
        "//": _shown(a // b),
        "%": _shown(a % b),
        "by a number": [_shown(a / 2), _shown(a // 2), _shown(a % 2), _shown(a.float() // 2)],
        "trunc": _shown(torch.div(a, b, rounding_mode="trunc")),
        "floor": _shown(torch.div(a, b, rounding_mode="floor")),
        "/ 0": _shown(torch.tensor([1, -1]) / 0),
        "// 0": error(lambda: torch.tensor([1]) // zero),
        "% 0": error(lambda: torch.tensor([1]) % zero),
        "negative power": [error(lambda: torch.tensor([2]) ** -1), error(lambda: torch.tensor(2) ** -1)],
        "of tensors": _shown(torch.tensor([2, 1, -1, -1]) ** torch.tensor([-1, -2, -2, -3])),
    }


def item_140_means_and_sums(torch):
    """Integers have no mean; their sum is int64 whatever their width; a root or exponential is float32."""
    narrow = [torch.tensor([1, 0, 1], dtype=getattr(torch, dtype)) for dtype in ("bool", "uint8", "int32", "int64")]
    return {
        "mean": [error(x.mean) for x in narrow],
        "sum": [[_shown(x.sum()), _shown(x.cumsum(0)), _shown(x.prod())] for x in narrow],
        "unary": [[_shown(f(x)) for f in (torch.sqrt, torch.exp, torch.sin, torch.sigmoid)] for x in narrow],
    }


def item_141_promotion(torch):
    """Numbers and 0-dim tensors lift only the category; between tensors the wider dtype of both is taken."""
    dtypes = ("bool", "uint8", "int8", "int32", "int64", "float16", "bfloat16", "float32", "float64")
    ones = [torch.ones(1, dtype=getattr(torch, dtype)) for dtype in dtypes]

    def names(results):
        return [str(x.dtype).removeprefix("torch.") for x in results]

    halves = [torch.arange(1, 30, dtype=getattr(torch, dtype)) / 7 for dtype in ("float16", "bfloat16")]
    return {
        "rounded once": [[_shown(x * 1.7), _shown(x / 1.7), _shown(1.7 / x), _shown(x + 1.7)] for x in halves],
        "with numbers": [names(x * number for number in (True, 2, 2.5)) for x in ones],
        "with 0-dim": [names(x * y[0] for y in ones) for x in ones],
        "with each other": [names(x * y for y in ones) for x in ones],
        "0-dim with 0-dim": [names(x[0] * y[0] for y in ones) for x in ones],
    }


def item_142_where_dtypes_must_agree(torch):
    """An in-place operator cannot lift the category of its target; products take equal dtypes only."""
    whole, single, double = torch.tensor([1, 2]), torch.ones(2), torch.ones(2, dtype=torch.float64)
    square, wide = torch.ones(2, 2), torch.ones(2, 2, dtype=torch.float64)
    kept = torch.ones(2)
    kept += double
    return {
        "refused": [error(whole.add_, 1.5), error(whole.div_, 2), error(whole.add_, single)],
        "kept": _shown(kept),
        "products": [
            error(lambda: square @ wide),
            error(torch.mm, square, wide),
            error(lambda: single @ double),
            error(torch.dot, single, double),
        ],
    }


def item_143_casts(torch):
    """A cast to integers truncates; one to uint8 wraps."""
    x = torch.tensor([2.9, -2.9, 300.0])
    return [
        _shown(x.long()),
        _shown(x.int()),
        _shown(x[:1].to(torch.uint8)),
        _shown(torch.tensor([300, -1]).to(torch.uint8)),
        _shown(torch.tensor([300, 200]).to(torch.int8)),
        _shown(x.bool()),
    ]
