"""Samples of functions of numbers: arithmetic, comparison, functions of one number, choices, activations."""

from outcomes import Operand
from sampling import INF, NAN, at, binary, call, compared, ints, mask, natural, positive, real, unary

ARITHMETIC = {
    "add": [
        *binary(),
        call(real(3), real(3), alpha=2.5),
        call(ints(3), ints(3), alpha=2),
        call(ints(3), ints(3), alpha=0.5),
    ],
    "sub": [*binary(), call(real(3), real(3), alpha=2)],
    "subtract": [call(real(3), real(3))],
    "rsub": [call(real(3), real(3)), call(real(3), 2.0), call(real(3), 1, alpha=2)],
    "mul": binary(),
    "multiply": [call(real(3), real(3))],
    "div": [
        *binary(),
        *(call(real(4), real(4), rounding_mode=m) for m in ("floor", "trunc")),
        *(call(ints(6), natural(6), rounding_mode=m) for m in ("floor", "trunc")),
        call(real(4), 2, rounding_mode="up"),
        call(ints(3), 0),
    ],
    "divide": [call(real(3), real(3))],
    "true_divide": [call(ints(3), natural(3)), call(real(3), real(3))],
    "floor_divide": [
        call(real(4), real(4)),
        call(ints(6), natural(6)),
        call(ints(6), 2),
        call(ints(6), 2.5),
        call(ints(3), 0),
    ],
    "remainder": [*binary(), call(ints(6), at([2, -2, 3, -3, 5, -5], "int64")), call(ints(3), 0)],
    "fmod": [*binary(), call(ints(6), at([2, -2, 3, -3, 5, -5], "int64"))],
    "pow": [
        *binary("positive", kinks=[([0.0, 0.0, 0.0, 2.0], [0.0, 1.0, 2.0, 0.0])]),
        *(call(at([0.0, 2.0, -1.5]), n) for n in (0, 1, 2, 3, -1, 0.5)),
        call(2.5, real(3)),
        call(2, natural(3)),
        call(0.0, at([0.0, 1.0])),
        call(ints(3), -1),
        call(ints(3), 3),
    ],
    "float_power": [call(positive(3), 2), call(natural(3), 2), call(2, natural(3))],
    "atan2": binary(kinks=[([0.0, 0.0], [0.0, 1.0])]),
    "arctan2": [call(real(3), real(3))],
    "hypot": [call(real(3), real(2, 3)), call(at([0.0, 3.0]), at([0.0, 4.0]))],
    "logaddexp": [call(real(3), real(2, 3)), call(at([1.0, float("-inf")]), at([1.0, float("-inf")]))],
    "logaddexp2": [call(real(3), real(2, 3))],
    "xlogy": [
        call(positive(3), positive(2, 3)),
        call(at([0.0, 0.0, 1.0]), at([0.0, 2.0, 0.0])),
        call(positive(3), 2.0),
        call(0.0, at([0.0, 1.0])),
    ],
    "copysign": [call(real(4), real(4)), call(real(3), -1.0)],
    "addcmul": [call(real(2, 3), real(3), real(2, 3)), call(real(3), real(3), real(3), value=0.5)],
    "addcdiv": [call(real(2, 3), real(3), real(2, 3)), call(real(3), real(3), real(3), value=0.5)],
    "lerp": [call(real(3), real(3), 0.3), call(real(3), real(3), real(3)), call(real(2, 3), real(3), 0.7)],
    "maximum": binary(numbers=(), kinks=[([1.0, 2.0], [1.0, 3.0])]),
    "minimum": binary(numbers=(), kinks=[([1.0, 2.0], [1.0, 3.0])]),
    "fmax": [call(real(3), real(2, 3)), call(NAN, at([2.0, 1.0, float("nan")]))],
    "fmin": [call(real(3), real(2, 3)), call(NAN, at([2.0, 1.0, float("nan")]))],
}

COMPARISON = {
    **{name: compared() for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    **{
        name: [call(real(3), real(3)), call(mask(3), mask(3))]
        for name in ("not_equal", "less", "less_equal", "greater", "greater_equal")
    },
    **{
        f"logical_{name}": [call(mask(4), mask(4)), call(ints(3), ints(3)), call(real(3), mask(2, 3))]
        for name in ("and", "or", "xor")
    },
    **{
        f"bitwise_{name}": [call(mask(4), mask(4)), call(ints(3), ints(3)), call(ints(3), 3), call(real(3), real(3))]
        for name in ("and", "or", "xor")
    },
    "bitwise_left_shift": [call(natural(3), natural(3)), call(natural(3), 2)],
    "bitwise_right_shift": [call(natural(3), natural(3)), call(ints(3), 1)],
    "logical_not": [call(mask(4)), call(ints(4)), call(at([0.0, 1.5]))],
    "bitwise_not": [call(mask(4)), call(ints(4)), call(real(3))],
    **{
        name: [call(at([0.0, float("nan"), float("inf"), float("-inf")])), call(ints(3))]
        for name in ("isnan", "isinf", "isfinite", "isposinf", "isneginf")
    },
    "isclose": [
        call(at([1.0, 2.0, float("nan")]), at([1.0 + 1e-6, 2.1, float("nan")])),
        call(NAN, NAN, equal_nan=True),
        call(real(3), real(3), 1.0, 0.5),
    ],
    "allclose": [call(real(3), real(3)), call(NAN, NAN, equal_nan=True), call(real(3), real(3), rtol=10.0, atol=10.0)],
    "equal": [call(real(3), real(3)), call(ints(3), ints(3)), call(ints(2), ints(3)), call(at([1.0]), at([1.0]))],
    "isin": [
        call(ints(2, 3), at([1, 2, 3], "int64")),
        call(ints(3), 2),
        call(ints(3), at([1, 2], "int64"), invert=True),
    ],
}

UNARY = {
    "exp": unary(),
    "exp2": unary(),
    "expm1": unary(),
    "log": unary("positive", 0.0),
    "log2": unary("positive", 0.0),
    "log10": unary("positive", 0.0),
    "log1p": unary("positive"),
    "sqrt": unary("positive", 0.0),
    "rsqrt": unary("positive", 0.0),
    "reciprocal": unary("real", 0.0),
    "sin": unary(),
    "cos": unary(),
    "tan": unary("unit"),
    "asin": unary("unit", 1.0),
    "acos": unary("unit", 1.0),
    "atan": unary(),
    "sinh": unary(),
    "cosh": unary(),
    "tanh": unary(),
    "asinh": unary(),
    "acosh": unary("above one"),
    "atanh": unary("unit"),
    "sigmoid": unary(),
    "relu": unary("real", -1.0, 0.0, 1.0),
    "neg": unary(),
    "abs": unary("real", 0.0),
    "sign": unary("real", 0.0),
    "sgn": unary(),
    "square": unary(),
    "floor": unary(),
    "ceil": unary(),
    "trunc": unary(),
    "frac": unary(),
    "erf": unary(),
    "erfc": unary(),
    "erfinv": unary("unit"),
    "lgamma": unary("positive"),
    "digamma": unary("positive"),
    "sinc": unary("real", 0.0),
    "i0": unary(),
    "positive": [call(real(3))],
    "round": [*unary("real", 0.5, 1.5, 2.5), call(real(4), decimals=1), call(real(4), decimals=-1)],
    "logit": [*unary("probability"), call(at([0.0, 0.5, 1.0]), 0.1)],
    "rad2deg": unary(),
    "deg2rad": unary(),
    "nan_to_num": [
        call(at([INF, -INF, float("nan"), 1.0])),
        call(at([INF, -INF, float("nan"), 1.0]), 7.0, 1.0, -1.0),
        call(ints(3)),
    ],
    **{
        name: [call(Operand(domain, (3,)))]
        for name, domain in {
            "negative": "real",
            "absolute": "real",
            "fix": "real",
            "arcsin": "unit",
            "arccos": "unit",
            "arctan": "real",
            "arcsinh": "real",
            "arccosh": "above one",
            "arctanh": "unit",
        }.items()
    },
}

CHOICE = {
    "clamp": [
        call(real(2, 3), -1.0, 1.0),
        call(real(5), min=0),
        call(real(5), max=0.5),
        call(real(2, 3), min=real(3), max=None),
        call(real(3), real(3), real(3)),
        call(at([0.0, 0.5, 1.0, -1.0, 2.0]), 0, 1),
        call(ints(4), 0, 2),
        call(ints(4), 0.5),
        call(real(3)),
        call(real(3), 1.0, -1.0),
        call(Operand("real", (0,)), 0),
        call(real(), 0.0),
    ],
    "clip": [call(real(3), 0.0, 1.0)],
    "clamp_min": [call(real(3), 0.0), call(real(3), real(3))],
    "clamp_max": [call(real(3), 0.0), call(real(3), real(3))],
    "where": [
        call(mask(2, 3), real(3), real(2, 1)),
        call(mask(3), real(3), 0.0),
        call(mask(3), 1.0, 2.0),
        call(mask(3), ints(3), real(3)),
        call(mask(3), 1, real(3)),
        call(mask(2, 2)),
        call(real(3), real(3), real(3)),
    ],
    "Tensor.where": [call(real(3), mask(3), real(3)), call(real(3), mask(3), 0.0)],
    "masked_fill": [
        call(real(2, 3), mask(3), 1.5),
        call(real(3), mask(3), at(2.0)),
        call(ints(3), mask(3), 1.5),
        call(real(3), ints(3), 0.0),
        call(ints(3), mask(3), 7),
    ],
    "masked_select": [call(real(2, 3), mask(2, 3)), call(real(2, 3), mask(3)), call(real(3), mask(2, 3))],
    "masked_scatter": [call(real(2, 3), mask(2, 3), real(6)), call(real(2, 3), mask(3), real(2, 3))],
    "heaviside": [call(at([-1.0, 0.0, 2.0]), at([0.5, 0.5, 0.5]))],
}

ACTIVATION = {
    "softmax": [
        call(real(2, 3), 1),
        call(real(2, 3), dim=0),
        call(real(), 0),
        call(real(3), -1, dtype="float64"),
        call(ints(3), 0),
        call(real(2, 3), 2),
    ],
    "log_softmax": [call(real(2, 3), 1), call(real(2, 3), dim=0), call(real(), 0)],
    "softmin": [call(real(2, 3), dim=1)],
    "softplus": [*unary("real", 25.0), call(real(3), 2.0, 1.0)],
    "gelu": [*unary("real", 0.0), call(real(3), approximate="tanh")],
    "silu": unary("real", 0.0),
    "mish": unary(),
    "leaky_relu": [*unary("real", 0.0), call(real(3), 0.2)],
    "elu": [*unary("real", 0.0), call(real(3), 0.5)],
    "selu": unary("real", 0.0),
    "celu": [*unary("real", 0.0), call(real(3), 0.5)],
    "relu6": unary("real", 0.0, 6.0, 7.0),
    "hardtanh": [*unary("real", -1.0, 1.0), call(real(3), -0.5, 2.0)],
    "hardsigmoid": unary("real", -3.0, 3.0),
    "hardswish": unary("real", -3.0, 3.0),
    "logsigmoid": unary(),
    "softsign": unary("real", 0.0),
    "tanhshrink": unary(),
    "softshrink": [*unary("real", 0.5), call(real(3), 0.2)],
    "hardshrink": [*unary("real", 0.5), call(real(3), 0.2)],
    "threshold": [call(real(4), 0.5, -1.0), call(at([0.5]), 0.5, -1.0)],
    "glu": [call(real(2, 4)), call(real(4, 2), 0), call(real(3))],
    "prelu": [call(real(2, 3), real(1)), call(real(2, 3), real(3)), call(at([0.0]), at([0.25]))],
    "normalize": [call(real(2, 3)), call(real(2, 3), p=1, dim=0), call(at([[0.0, 0.0]]))],
    "cosine_similarity": [
        call(real(2, 3), real(2, 3)),
        call(real(2, 3), real(3), dim=-1),
        call(at([[0.0, 0.0]]), at([[1.0, 1.0]])),
    ],
    "pairwise_distance": [call(real(2, 3), real(2, 3)), call(real(2, 3), real(2, 3), p=1.0, keepdim=True)],
}

OPERATORS = {
    **{
        f"__{name}__": [call(real(2, 3), real(3)), call(real(3), 2)]
        for name in ("add", "sub", "mul", "truediv", "mod", "radd", "rsub", "rmul", "rtruediv")
    },
    **{f"__{name}__": [call(real(3), real(3)), call(ints(3), 2)] for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    **{
        f"__{name}__": [call(mask(3), mask(3)), call(ints(3), 3)]
        for name in ("and", "or", "xor", "rand", "ror", "rxor")
    },
    **{f"__{name}__": [call(ints(3), 2), call(real(3), 2.0)] for name in ("floordiv",)},
    "__rfloordiv__": [call(natural(3), 7)],
    "__rmod__": [call(natural(3), 7)],
    "__lshift__": [call(natural(3), 2)],
    "__rshift__": [call(natural(3), 1)],
    "__matmul__": [call(real(2, 3), real(3, 2)), call(real(2, 3), real(2, 3))],
    "__rmatmul__": [call(real(3, 2), real(2, 3))],
    "__pow__": [call(real(3), 2), call(positive(3), 0.5), call(positive(3), real(3)), call(ints(3), -1)],
    "__rpow__": [call(real(3), 2)],
    "__neg__": [call(real(3))],
    "__pos__": [call(real(3))],
    "__abs__": [call(real(3))],
    "__invert__": [call(mask(3)), call(ints(3))],
}
