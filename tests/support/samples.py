"""Samples: for each row of the operator table the calls that its test makes."""

from outcomes import Operand, Sample


def real(*shape):
    return Operand("real", shape)


def positive(*shape):
    return Operand("positive", shape)


def distinct(*shape):
    return Operand("distinct", shape)


def ints(*shape):
    return Operand("ints", shape, "int64")


def natural(*shape):
    return Operand("natural", shape, "int64")


def mask(*shape):
    return Operand("bool", shape, "bool")


def at(values, dtype="float32"):
    """These values: kinks, ties, positions."""
    return Operand("values", dtype=dtype, values=values)


def positions(values):
    return at(values, "int64")


def call(*args, **kwargs):
    return Sample(args, kwargs)


def unary(domain="real", *kinks):
    """Every shape of a function of one number; `kinks` are values where its gradient is a convention."""
    shapes = ((), (5,), (2, 3), (0,))
    numbers = [call(Operand(domain, shape)) for shape in shapes]
    whole = [call(Operand("natural", (3,), dtype)) for dtype in ("int64", "uint8")] + [call(mask(3))]
    return [*numbers, *([call(at(list(kinks)))] if kinks else []), *whole]


SHAPES = (((4,), (4,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2,)), ((2,), ()), ((0,), (1,)))


def binary(first="real", second="real", *, numbers=(2.5, 2), kinks=()):
    """Every broadcast of a function of two numbers; with Python numbers, integers, and two dtypes."""
    pairs = [call(Operand(first, a), Operand(second, b)) for a, b in SHAPES]
    with_numbers = [call(Operand(first, (3,)), n) for n in numbers] + [call(natural(3), n) for n in numbers]
    whole = [call(natural(3), natural(2, 3)), call(natural(3), Operand("natural", (3,), "uint8")), call(mask(4), mask(4))]
    mixed = [call(natural(3), Operand(second, ())), call(Operand(first, (3,)), natural(3))]
    return [*pairs, *with_numbers, *whole, *mixed, *(call(at(a), at(b)) for a, b in kinks)]


def compared():
    return binary("ints", "ints")


def over_dims(domain="real", *more):
    """Every choice of dimensions of a reduction."""
    x = Operand(domain, (2, 3))
    dims = [call(x, dim=d) for d in (0, -1, (0, 1))] + [call(x, 1, True), call(x, dim=1, keepdim=True)]
    return [*(call(Operand(domain, s)) for s in ((), (4,), (2, 3))), *dims, call(natural(2, 3)), call(mask(3)), *more]


def over_dim(domain="distinct", *more):
    """A reduction of one dimension."""
    x = Operand(domain, (3, 4))
    return [call(x, 0), call(x, dim=-1), call(x, dim=1, keepdim=True), call(ints(2, 3), 1), call(Operand(domain, ()), 0), *more]


TIES = at([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
NAN = at([1.0, float("nan"), 0.5])

ARITHMETIC = {
    "add": [*binary(), call(real(3), real(3), alpha=2.5), call(ints(3), ints(3), alpha=2), call(ints(3), ints(3), alpha=0.5)],
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
    "floor_divide": [call(real(4), real(4)), call(ints(6), natural(6)), call(ints(6), 2), call(ints(6), 2.5), call(ints(3), 0)],
    "remainder": [*binary(), call(ints(6), at([2, -2, 3, -3, 5, -5], "int64")), call(ints(3), 0)],
    "fmod": [*binary(), call(ints(6), at([2, -2, 3, -3, 5, -5], "int64"))],
    "pow": [
        *binary("positive", kinks=[([0.0, 0.0, 0.0, 2.0], [0.0, 1.0, 2.0, 0.0])]),
        *(call(at([0.0, 2.0, -1.5]), n) for n in (0, 1, 2, 3, -1, 0.5)),
        call(2.5, real(3)), call(2, natural(3)), call(0.0, at([0.0, 1.0])), call(ints(3), -1), call(ints(3), 3),
    ],
    "float_power": [call(positive(3), 2), call(natural(3), 2), call(2, natural(3))],
    "atan2": binary(kinks=[([0.0, 0.0], [0.0, 1.0])]),
    "arctan2": [call(real(3), real(3))],
    "hypot": [call(real(3), real(2, 3)), call(at([0.0, 3.0]), at([0.0, 4.0]))],
    "logaddexp": [call(real(3), real(2, 3)), call(at([1.0, float("-inf")]), at([1.0, float("-inf")]))],
    "logaddexp2": [call(real(3), real(2, 3))],
    "xlogy": [call(positive(3), positive(2, 3)), call(at([0.0, 0.0, 1.0]), at([0.0, 2.0, 0.0])), call(positive(3), 2.0), call(0.0, at([0.0, 1.0]))],
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
    **{name: [call(real(3), real(3)), call(mask(3), mask(3))] for name in ("not_equal", "less", "less_equal", "greater", "greater_equal")},
    **{f"logical_{name}": [call(mask(4), mask(4)), call(ints(3), ints(3)), call(real(3), mask(2, 3))] for name in ("and", "or", "xor")},
    **{f"bitwise_{name}": [call(mask(4), mask(4)), call(ints(3), ints(3)), call(ints(3), 3), call(real(3), real(3))] for name in ("and", "or", "xor")},
    "bitwise_left_shift": [call(natural(3), natural(3)), call(natural(3), 2)],
    "bitwise_right_shift": [call(natural(3), natural(3)), call(ints(3), 1)],
    "logical_not": [call(mask(4)), call(ints(4)), call(at([0.0, 1.5]))],
    "bitwise_not": [call(mask(4)), call(ints(4)), call(real(3))],
    **{name: [call(at([0.0, float("nan"), float("inf"), float("-inf")])), call(ints(3))] for name in ("isnan", "isinf", "isfinite", "isposinf", "isneginf")},
    "isclose": [call(at([1.0, 2.0, float("nan")]), at([1.0 + 1e-6, 2.1, float("nan")])), call(NAN, NAN, equal_nan=True), call(real(3), real(3), 1.0, 0.5)],
    "allclose": [call(real(3), real(3)), call(NAN, NAN, equal_nan=True), call(real(3), real(3), rtol=10.0, atol=10.0)],
    "equal": [call(real(3), real(3)), call(ints(3), ints(3)), call(ints(2), ints(3)), call(at([1.0]), at([1.0]))],
    "isin": [call(ints(2, 3), at([1, 2, 3], "int64")), call(ints(3), 2), call(ints(3), at([1, 2], "int64"), invert=True)],
}

INF = float("inf")
UNARY = {
    "exp": unary(), "exp2": unary(), "expm1": unary(), "log": unary("positive", 0.0), "log2": unary("positive", 0.0),
    "log10": unary("positive", 0.0), "log1p": unary("positive"), "sqrt": unary("positive", 0.0), "rsqrt": unary("positive", 0.0),
    "reciprocal": unary("real", 0.0), "sin": unary(), "cos": unary(), "tan": unary("unit"), "asin": unary("unit", 1.0),
    "acos": unary("unit", 1.0), "atan": unary(), "sinh": unary(), "cosh": unary(), "tanh": unary(), "asinh": unary(),
    "acosh": unary("above one"), "atanh": unary("unit"), "sigmoid": unary(), "relu": unary("real", -1.0, 0.0, 1.0),
    "neg": unary(), "abs": unary("real", 0.0), "sign": unary("real", 0.0), "sgn": unary(), "square": unary(), "floor": unary(),
    "ceil": unary(), "trunc": unary(), "frac": unary(), "erf": unary(), "erfc": unary(), "erfinv": unary("unit"),
    "lgamma": unary("positive"), "digamma": unary("positive"), "sinc": unary("real", 0.0), "i0": unary(), "positive": [call(real(3))],
    "round": [*unary("real", 0.5, 1.5, 2.5), call(real(4), decimals=1), call(real(4), decimals=-1)],
    "logit": [*unary("probability"), call(at([0.0, 0.5, 1.0]), 0.1)],
    "rad2deg": unary(), "deg2rad": unary(),
    "nan_to_num": [call(at([INF, -INF, float("nan"), 1.0])), call(at([INF, -INF, float("nan"), 1.0]), 7.0, 1.0, -1.0), call(ints(3))],
    **{name: [call(Operand(domain, (3,)))] for name, domain in {
        "negative": "real", "absolute": "real", "fix": "real", "arcsin": "unit", "arccos": "unit", "arctan": "real",
        "arcsinh": "real", "arccosh": "above one", "arctanh": "unit", "special_expit": "real",
    }.items() if name != "special_expit"},
}  # fmt: skip

CHOICE = {
    "clamp": [
        call(real(2, 3), -1.0, 1.0), call(real(5), min=0), call(real(5), max=0.5), call(real(2, 3), min=real(3), max=None),
        call(real(3), real(3), real(3)), call(at([0.0, 0.5, 1.0, -1.0, 2.0]), 0, 1), call(ints(4), 0, 2), call(ints(4), 0.5),
        call(real(3)), call(real(3), 1.0, -1.0), call(Operand("real", (0,)), 0), call(real(), 0.0),
    ],
    "clip": [call(real(3), 0.0, 1.0)],
    "clamp_min": [call(real(3), 0.0), call(real(3), real(3))],
    "clamp_max": [call(real(3), 0.0), call(real(3), real(3))],
    "where": [
        call(mask(2, 3), real(3), real(2, 1)), call(mask(3), real(3), 0.0), call(mask(3), 1.0, 2.0), call(mask(3), ints(3), real(3)),
        call(mask(3), 1, real(3)), call(mask(2, 2)), call(real(3), real(3), real(3)),
    ],
    "Tensor.where": [call(real(3), mask(3), real(3)), call(real(3), mask(3), 0.0)],
    "masked_fill": [call(real(2, 3), mask(3), 1.5), call(real(3), mask(3), at(2.0)), call(ints(3), mask(3), 1.5), call(real(3), ints(3), 0.0), call(ints(3), mask(3), 7)],
    "masked_select": [call(real(2, 3), mask(2, 3)), call(real(2, 3), mask(3)), call(real(3), mask(2, 3))],
    "masked_scatter": [call(real(2, 3), mask(2, 3), real(6)), call(real(2, 3), mask(3), real(2, 3))],
    "heaviside": [call(at([-1.0, 0.0, 2.0]), at([0.5, 0.5, 0.5]))],
}  # fmt: skip

REDUCTION = {
    "sum": [*over_dims(), call(real(2, 3), (0,), dtype="float64"), call(real(0, 3), 0), call(real(0)), call(real(2, 3), axis=1, keepdims=True), call(real(2, 3), 2)],
    "mean": [*over_dims(), call(ints(2, 3), 0), call(real(0))],
    "nansum": [call(at([[1.0, float("nan")], [2.0, 3.0]])), call(NAN, 0)],
    "nanmean": [call(at([[1.0, float("nan")], [2.0, 3.0]]), 1), call(NAN)],
    "prod": [call(real(2, 3)), call(real(2, 3), 1), call(real(2, 3), dim=0, keepdim=True), call(ints(3)), call(at([0.0, 2.0, 3.0])), call(at([0.0, 0.0, 3.0])), call(at([[0.0, 2.0], [3.0, 4.0]]), 1), call(real(0)), call(real()), call(mask(3))],
    **{name: [
        *over_dims(), call(real(2, 3), False), call(real(2, 3), 1, False), call(real(2, 3), dim=1, unbiased=False, keepdim=True), call(real(4), correction=0),
        call(at([2.0, 2.0, 2.0])), call(real(2, 3), (0, 1), correction=2), call(at([3.0])),
    ] for name in ("var", "std")},
    "var_mean": [call(real(2, 3)), call(real(2, 3), 1), call(real(2, 3), 1, correction=0, keepdim=True)],
    "std_mean": [call(real(2, 3)), call(real(2, 3), 1), call(real(2, 3), 1, correction=0, keepdim=True)],
    **{name: [
        *over_dim(), call(distinct(2, 3)), call(TIES), call(TIES, 1), call(NAN), call(NAN, 0), call(real(3), real(3)), call(ints(4)), call(real(0)), call(real(0), 0),
        call(distinct(2, 3), axis=1, keepdims=True),
    ] for name in ("max", "min")},
    "amax": [*over_dims("distinct"), call(TIES), call(TIES, 1), call(real(0))],
    "amin": [*over_dims("distinct"), call(TIES), call(TIES, 1)],
    "aminmax": [call(distinct(2, 3)), call(distinct(2, 3), dim=1), call(TIES, dim=1, keepdim=True)],
    "argmax": [*over_dim(), call(TIES), call(TIES, 1), call(NAN), call(real(0))],
    "argmin": [*over_dim(), call(TIES), call(TIES, 1), call(NAN)],
    "all": [call(mask(2, 3)), call(mask(2, 3), 1), call(ints(3)), call(real(3), dim=0, keepdim=True), call(mask(2, 3), (0, 1)), call(Operand("natural", (2,), "uint8"))],
    "any": [call(mask(2, 3)), call(mask(2, 3), 1), call(ints(3)), call(real(3), dim=0, keepdim=True), call(mask(2, 3), (0, 1)), call(Operand("natural", (2,), "uint8"))],
    "logsumexp": [call(real(2, 3), 0), call(real(2, 3), (0, 1)), call(real(2, 3), 1, True), call(at([-INF, -INF]), 0), call(ints(3), 0)],
    "norm": [
        call(real(2, 3)), call(real(2, 3), 1), call(real(2, 3), 3), call(real(2, 3), INF), call(real(2, 3), -INF), call(real(2, 3), 0), call(real(2, 3), "fro"),
        call(real(2, 3), 2, 1), call(real(2, 3), p=2, dim=1, keepdim=True), call(real(2, 3), dim=(0, 1)), call(at([0.0, 0.0])), call(at([0.0, 0.0]), 1),
        call(at([3.0, -3.0, 1.0]), INF), call(at([0.0, 4.0]), 3), call(ints(3)),
    ],
    "dist": [call(real(3), real(3)), call(real(2, 3), real(3), 1), call(at([1.0]), at([1.0]))],
    "median": [*over_dim(), call(at([4.0, 1.0, 3.0, 2.0])), call(TIES), call(TIES, 1), call(NAN), call(ints(5))],
    "nanmedian": [call(NAN), call(at([[1.0, float("nan"), 3.0]]), 1)],
    "mode": [call(at([[1, 2, 2, 1], [3, 3, 1, 0]], "int64")), call(at([1.0, 2.0, 2.0])), call(at([[1.0, 2.0], [1.0, 3.0]]), 0, True)],
    "kthvalue": [call(distinct(5), 2), call(distinct(3, 4), 1, 0), call(distinct(3, 4), 4, dim=1, keepdim=True), call(distinct(3), 4)],
    "quantile": [call(real(5), 0.5), call(real(2, 5), 0.3, dim=1), call(real(2, 5), at([0.1, 0.9]), dim=1, keepdim=True)],
    "cumsum": [call(real(2, 3), 0), call(real(2, 3), dim=-1), call(ints(3), 0), call(mask(3), 0), call(real(3), 0, dtype="float64"), call(real(), 0), call(real(0), 0)],
    "cumprod": [call(real(2, 3), 0), call(real(2, 3), dim=-1), call(ints(3), 0), call(at([2.0, 0.0, 3.0]), 0), call(at([0.0, 0.0, 3.0]), 0)],
    "cummax": [call(distinct(2, 4), 1), call(TIES, 1), call(ints(4), 0)],
    "cummin": [call(distinct(2, 4), 1), call(TIES, 1), call(ints(4), 0)],
    "logcumsumexp": [call(real(2, 3), 1)],
    "count_nonzero": [call(at([0.0, 1.0, 2.0])), call(ints(2, 3), 1), call(mask(2, 3), dim=(0, 1))],
    "diff": [call(real(4)), call(real(2, 4), dim=0), call(real(5), n=2), call(mask(4))],
    "trapezoid": [call(real(4)), call(real(4), real(4)), call(real(2, 4), dx=0.5)],
}  # fmt: skip

ORDER = {
    "sort": [call(distinct(5)), call(distinct(2, 3), 0), call(distinct(2, 3), dim=1, descending=True), call(TIES, 1), call(TIES, 1, True), call(NAN), call(NAN, descending=True), call(ints(5)), call(real()), call(distinct(4), stable=True)],
    "argsort": [call(distinct(5)), call(distinct(2, 3), 0), call(distinct(2, 3), dim=1, descending=True), call(ints(4))],
    "msort": [call(distinct(3, 2))],
    "topk": [call(distinct(5), 2), call(distinct(3, 4), 2, dim=0), call(distinct(3, 4), 3, 1, False), call(distinct(3, 4), k=1, largest=False), call(distinct(3), 4), call(distinct(3), 0)],
    "unique": [call(at([3, 1, 2, 1, 3], "int64")), call(at([3.0, 1.0, 1.0])), call(at([3, 1, 2, 1], "int64"), return_inverse=True, return_counts=True), call(at([[1, 2], [1, 2], [0, 1]], "int64"), dim=0), call(at([3, 1, 1], "int64"), True, True)],
    "unique_consecutive": [call(at([1, 1, 2, 2, 1], "int64")), call(at([1, 1, 2, 1], "int64"), return_inverse=True, return_counts=True)],
    "bincount": [call(natural(6)), call(natural(6), real(6)), call(natural(4), minlength=9), call(ints(4))],
    "histc": [call(real(20), 5), call(real(20), bins=4, min=-2, max=2)],
    "bucketize": [call(real(2, 3), at([-1.0, 0.0, 1.0])), call(at([0.0, 1.0]), at([0.0, 1.0]), right=True)],
    "searchsorted": [call(at([1, 3, 5], "int64"), at([0, 3, 6], "int64")), call(at([[1.0, 3.0], [2.0, 4.0]]), at([[3.0], [1.0]])), call(at([1.0, 3.0]), 2.0), call(at([1.0, 3.0]), at([3.0]), right=True)],
    "nonzero": [call(at([[0.0, 1.0], [2.0, 0.0]])), call(mask(5)), call(mask(2, 3), as_tuple=True), call(at(1.0))],
    "argwhere": [call(at([[0.0, 1.0], [2.0, 0.0]]))],
}  # fmt: skip

SHAPE = {
    "view": [call(real(2, 3), 3, 2), call(real(2, 3), -1), call(real(2, 3), (1, 6)), call(real(), 1), call(real(2, 3), 4), call(real(2, 3), -1, -1), call(real(0), 0, 3), call(real(2, 3), -1, 4)],
    "reshape": [call(real(2, 3), (3, 2)), call(real(2, 3), (-1,)), call(real(2, 3), (-1, 2)), call(real(1), ()), call(real(2, 3), (4,))],
    "view_as": [call(real(2, 3), real(6))], "reshape_as": [call(real(2, 3), real(3, 2))], "expand_as": [call(real(3), real(2, 3))], "type_as": [call(real(3), ints(2)), call(ints(3), real(2))],
    "flatten": [call(real(2, 3)), call(real(2, 3, 2), 1), call(real(2, 3, 2), start_dim=0, end_dim=1), call(real()), call(real(2, 3, 2), 2, 1)],
    "unflatten": [call(real(2, 6), 1, (2, 3)), call(real(6), 0, (-1, 2)), call(real(6), 0, (4, 2))],
    "ravel": [call(real(2, 3)), call(real())],
    "permute": [call(real(2, 3, 4), (2, 0, 1)), call(real(2, 3), (-1, 0)), call(real(2, 3), (0, 0)), call(real(2, 3), (0,))],
    "transpose": [call(real(2, 3), 0, 1), call(real(2, 3, 2), -1, 0), call(real(2, 3), 0, 2)],
    "swapaxes": [call(real(2, 3), 0, 1)], "swapdims": [call(real(2, 3), 0, 1)], "adjoint": [call(real(2, 3))],
    "movedim": [call(real(2, 3, 4), 0, 2), call(real(2, 3, 4), (0, 1), (1, 2))], "moveaxis": [call(real(2, 3, 4), 0, 2)],
    "t": [call(real(2, 3)), call(real(3)), call(real(2, 2, 2))],
    "expand": [call(real(3), 2, 3), call(real(2, 1), -1, 4), call(real(), (2,)), call(real(3), 2, 2), call(real(2, 3), 3)],
    "broadcast_to": [call(real(3), (2, 3))],
    "broadcast_tensors": [call(real(3), real(2, 1))],
    "squeeze": [call(real(1, 3, 1)), call(real(1, 3, 1), 0), call(real(1, 3), 1), call(real(1, 3, 1), (0, 2)), call(real(1, 3), dim=-2), call(real(1, 3), 2)],
    "unsqueeze": [call(real(3), 0), call(real(2, 3), -1), call(real(2, 3), dim=1), call(real(3), 2)],
    "unbind": [call(real(2, 3)), call(real(2, 3), 1)],
    "split": [call(real(5, 2), 2), call(real(2, 5), [1, 4], 1), call(real(5), 2, dim=0), call(real(5), [1, 2]), call(real(5), 0)],
    "split_with_sizes": [call(real(5), [2, 3])],
    "tensor_split": [call(real(5), 2), call(real(2, 5), 3, 1), call(real(5), (1, 3)), call(real(2, 5), (1, 3), dim=1)],
    "hsplit": [call(real(2, 4), 2), call(real(4), 2)], "vsplit": [call(real(4, 2), 2)],
    "chunk": [call(real(5), 2), call(real(2, 5), 3, 1), call(real(5), chunks=4, dim=0), call(real(5), 0)],
    "cat": [call([real(2, 3), real(1, 3)]), call((real(2, 3), real(2, 1)), 1), call([real(2), ints(2)]), call([real(2, 3), real(2, 3)], dim=-1), call([real(2, 3), real(3, 2)]), call([]), call([real(0), real(2, 3)]), call([real(2, 3), real(3)])],
    "concat": [call([real(2), real(3)])], "concatenate": [call([real(2), real(3)])],
    "stack": [call([real(3), real(3)]), call([real(3), real(3)], 1), call((real(), real()), dim=-1), call([real(2), real(3)]), call([])],
    "hstack": [call([real(2), real(3)]), call([real(2, 1), real(2, 3)])], "vstack": [call([real(3), real(3)]), call([real(1, 3), real(2, 3)])],
    "dstack": [call([real(3), real(3)])], "column_stack": [call([real(3), real(3, 2)])], "row_stack": [call([real(3), real(3)])],
    "repeat": [call(real(3), 2), call(real(2, 1), 2, 3), call(real(2), (2, 2)), call(real(2, 2), 2)],
    "tile": [call(real(2, 3), (2,)), call(real(3), (2, 2))],
    "repeat_interleave": [call(real(2, 3), 2), call(real(2, 3), 2, dim=1), call(real(2, 3), at([1, 2], "int64"), dim=0), call(real(3), at([0, 1, 3], "int64"))],
    "flip": [call(real(2, 3), (0,)), call(real(2, 3), (0, 1)), call(real(2, 3), (-1,))], "fliplr": [call(real(2, 3))], "flipud": [call(real(2, 3))],
    "roll": [call(real(2, 3), 1), call(real(2, 3), 1, 0), call(real(2, 3), (1, -1), (0, 1)), call(real(5), shifts=2, dims=0)],
    "rot90": [call(real(2, 3)), call(real(2, 3), 2), call(real(2, 3, 2), 1, (1, 2)), call(real(2, 3), -1)],
    "narrow": [call(real(4, 2), 0, 1, 2), call(real(2, 4), 1, -3, 2), call(real(4), dim=0, start=0, length=0), call(real(4), 0, 3, 2)],
    "select": [call(real(2, 3), 0, 1), call(real(2, 3), 1, -1), call(real(2, 3), dim=0, index=0), call(real(2, 3), 0, 2)],
    "unfold": [call(real(5), 0, 2, 1), call(real(2, 5), 1, 3, 2), call(real(7), dimension=0, size=2, step=2)],
    "triu": [call(real(3, 3)), call(real(2, 3), 1), call(real(2, 3, 3), diagonal=-1), call(ints(3, 3))],
    "tril": [call(real(3, 3)), call(real(2, 3), 1), call(real(2, 3, 3), diagonal=-1), call(mask(3, 3)), call(real(3))],
    "diag": [call(real(3)), call(real(3, 3)), call(real(2, 3), 1), call(real(2), -1), call(real(2, 2, 2))],
    "diagonal": [call(real(3, 3)), call(real(2, 3), 1), call(real(2, 3, 3), 0, 1, 2), call(real(3, 4), offset=-1, dim1=0, dim2=1)],
    "diag_embed": [call(real(2, 3)), call(real(3), 1)], "diagflat": [call(real(2, 2))],
    "trace": [call(real(3, 3)), call(real(2, 3))],
    "meshgrid": [call(real(2), real(3), indexing="ij"), call([real(2), real(3)], indexing="xy"), call(real(2), real(), indexing="ij")],
    "cartesian_prod": [call(real(2), real(3))], "combinations": [call(real(4)), call(real(3), 3), call(real(3), with_replacement=True)],
    "block_diag": [call(real(2, 2), real(1, 3))],
    "atleast_1d": [call(real()), call(real(2))], "atleast_2d": [call(real(3)), call(real())], "atleast_3d": [call(real(3)), call(real(2, 3))],
    "contiguous": [call(real(2, 3))], "clone": [call(real(2, 3))], "detach": [call(real(3))],
    "as_strided": [call(real(6), (2, 2), (1, 2)), call(real(6), (3,), (2,), 1)],
}  # fmt: skip

INDEX = {
    "index_select": [call(real(3, 2), 0, positions([2, 0, 0])), call(real(2, 3), dim=-1, index=positions([1])), call(real(3), 0, positions([3]))],
    "gather": [call(real(3, 4), 1, positions([[0, 3], [1, 1], [2, 0]])), call(real(3, 4), dim=0, index=positions([[0, 2, 1, 1]])), call(real(3), 0, positions([1, 1])), call(real(3, 4), 1, positions([[4], [0], [0]])), call(real(3), 0, at([1.0]))],
    "take_along_dim": [call(real(3, 4), positions([[0], [1], [2]]), 1), call(real(3, 4), positions([5, 0]))],
    "take": [call(real(2, 3), positions([[0, 5], [2, -1]]))],
    "scatter": [
        call(real(3, 4), 1, positions([[0, 3], [1, 2], [2, 0]]), real(3, 2)), call(real(3, 4), 0, positions([[0, 1, 2, 0]]), 1.5), call(real(3, 4), dim=1, index=positions([[0], [1], [2]]), src=real(3, 1)),
        call(real(3, 4), dim=1, index=positions([[0], [1], [2]]), value=2.0), call(real(3), 0, positions([0, 0, 1]), real(3), reduce="add"), call(real(3), 0, positions([0, 1]), 2.0, reduce="multiply"), call(ints(3), 0, positions([0]), 7),
        call(real(3), 0, positions([4]), 1.0),
    ],
    "scatter_add": [call(real(3, 4), 1, positions([[0, 0], [1, 2], [2, 2]]), real(3, 2)), call(real(3), 0, positions([0, 0, 0]), real(3))],
    "scatter_reduce": [call(real(3), 0, positions([0, 0, 1]), distinct(3), m) for m in ("sum", "amax", "mean")],
    "index_add": [call(real(3, 2), 0, positions([0, 0]), real(2, 2)), call(real(2, 3), 1, positions([2]), real(2, 1), alpha=2)],
    "index_copy": [call(real(3, 2), 0, positions([2, 0]), real(2, 2))],
    "index_fill": [call(real(3, 2), 0, positions([2, 0]), 1.5), call(real(2, 3), 1, positions([0]), at(2.0))],
    "index_put": [call(real(3, 2), [positions([0, 2])], real(2, 2)), call(real(3), (positions([0, 0]),), real(2), True)],
    "one_hot": [call(positions([0, 2, 1])), call(positions([[0, 1], [1, 0]]), 4), call(positions([0, 3]), num_classes=3), call(positions([-1]))],
    "tril_indices": [call(3, 3), call(2, 3, 1)], "triu_indices": [call(3, 3), call(2, 3, 1)],
}  # fmt: skip

EVERY = slice(None)
INDEXING = {
    "__getitem__": [
        *(call(real(3, 4), i) for i in (0, -1, slice(1, 3), slice(None, None, 2), slice(-2, None), (0, 1), (EVERY, 0), (EVERY, slice(1, 3)), ..., (..., 0), None, (None, 0), (EVERY, None, slice(0, 2)), (EVERY, None), (), slice(2, 1), slice(0, 10))),
        *(call(real(3, 4), i) for i in ([0, 2], [[0, 1], [1, 2]], ([0, 1], [1, 2]), (EVERY, [0, 3]), ([True, False, True],), True, False, [])),
        call(real(3, 4), positions([2, 0])), call(real(3, 4), positions([[0, 1], [2, -1]])), call(real(3, 4), (positions([0, 1]), positions([2, 3]))), call(real(3, 4), (EVERY, positions([0, 0]))),
        call(real(3, 4), (0, positions([1, 2]))), call(real(2, 3, 4), (EVERY, 0, positions([1, 2]))), call(real(2, 3, 4), (positions([0, 1]), EVERY, positions([1, 2]))), call(real(2, 3, 4), (..., positions([0, 1]), positions([1, 2]))),
        call(real(3, 4), (None, positions([0, 1]))), call(real(3, 4), mask(3, 4)), call(real(3, 4), mask(3)), call(real(3, 4), (EVERY, mask(4))), call(real(3, 4), (positions([0, 2]), slice(1, 3))), call(real(3), positions(1)), call(real(), None), call(real(), ...), call(real(), ()), call(ints(3, 4), 1),
        *(call(real(3, 4), i) for i in (3, (0, 4), (0, 0, 0), slice(None, None, -1), 1.5, (..., ...))),
        call(real(3, 4), positions([3])), call(real(3, 4), mask(2)), call(real(3), real(3)), call(real(), 0), call(real(0, 3), EVERY),
    ],
    "__setitem__": [
        *(call(real(3, 4), i, 2.5) for i in (0, (EVERY, 1), slice(None, None, 2), ..., (0, 1), ([0, 2], [1, 1]), [0, 2], True)),
        call(real(3, 4), 0, real(4)), call(real(3, 4), 0, real(1)), call(real(3, 4), (EVERY, slice(0, 2)), real(3, 1)), call(real(3, 4), positions([2, 0]), real(2, 4)), call(real(3, 4), positions([2, 0]), real(4)),
        call(real(3, 4), (EVERY, positions([0, 3])), real(3, 2)), call(real(3, 4), mask(3, 4), 0.0), call(real(3, 4), mask(3), real(4)), call(real(3, 4), mask(3, 4), at(7.0)), call(ints(3), 0, 2.7), call(ints(3), 0, real()), call(real(3), 0, ints()),
        call(real(3, 4), 0, [1.0, 2.0, 3.0, 4.0]), call(real(3, 4), 0, real(1, 1, 4)), call(real(3, 4), EVERY, real(3, 4)), call(real(3, 4), (None, 0), real(1, 4)),
        call(real(3, 4), 0, real(3)), call(real(3, 4), positions([0, 1]), real(3)), call(real(3, 4), 3, 1.0), call(real(3, 4), (EVERY, positions([0, 1]), None), 0.5),
    ],
    **{f"__i{name}__": [call(real(2, 3), real(3)), call(real(3), 2), call(real(3), real(2, 3))] for name in ("add", "sub", "mul", "truediv", "mod", "pow")},
    "__ifloordiv__": [call(ints(3), 2)], **{f"__i{name}__": [call(mask(3), mask(3)), call(ints(3), 3)] for name in ("and", "or", "xor")}, "__ilshift__": [call(natural(3), 2)], "__irshift__": [call(natural(3), 1)],
    "__rlshift__": [call(natural(3), 2)], "__rrshift__": [call(natural(3), 200)], "__iter__": [call(real(2, 3)), call(real())], "__len__": [call(real(2, 3)), call(real())], "__contains__": [call(at([1.0, 2.0]), 2.0), call(ints(3), 17)],
    "__bool__": [call(at(1.0)), call(real(2)), call(real(0))], "__float__": [call(at(1.5)), call(real(2))], "__int__": [call(at(1.5)), call(real(2))], "__index__": [call(positions(3)), call(at(1.5))],
    "T": [call(real(2, 3)), call(real(3))], "mT": [call(real(2, 3, 4))], "type": [call(real(2)), call(ints(2)), call(real(2), "torch.DoubleTensor"), call(real(2), "x")],
    "to": [call(real(2), dtype="float64"), call(real(2), "cpu"), call(real(2), ints(1)), call(real(2), "cuda")], "cpu": [call(real(2))],
}  # fmt: skip

LINALG = {
    "mm": [call(real(2, 3), real(3, 2)), call(real(2, 3), real(2, 3)), call(real(3), real(3, 2)), call(real(0, 3), real(3, 2)), call(real(2, 3), ints(3, 2)), call(ints(2, 3), ints(3, 2))],
    "matmul": [call(real(2, 3), real(3, 4)), call(real(3), real(3)), call(real(2, 3), real(3)), call(real(3), real(3, 2)), call(real(2, 2, 3), real(3, 2)), call(real(2, 2, 3), real(2, 3, 1)), call(real(2, 1, 2, 3), real(3, 3, 2)), call(real(2, 2, 3), real(3)), call(real(3), real(2, 3, 2)), call(real(), real(3)), call(real(2, 3), real(2, 3)), call(real(2, 3), real(2)), call(real(3), real(2))],
    "dot": [call(real(3), real(3)), call(real(3), real(2)), call(real(2, 3), real(3)), call(real(3), ints(3)), call(ints(3), ints(3))],
    "vdot": [call(real(3), real(3))], "inner": [call(real(3), real(3)), call(real(2, 3), real(4, 3)), call(real(3), 2.0)],
    "mv": [call(real(2, 3), real(3)), call(real(2, 3), real(2)), call(real(3), real(3))],
    "bmm": [call(real(2, 2, 3), real(2, 3, 2)), call(real(2, 2, 3), real(2, 2, 2)), call(real(2, 3), real(2, 3, 2))],
    "outer": [call(real(3), real(2)), call(real(2, 2), real(2))], "ger": [call(real(3), real(2))],
    "addmm": [call(real(2, 2), real(2, 3), real(3, 2)), call(real(2), real(2, 3), real(3, 2), beta=0.5, alpha=2), call(real(2, 2), real(2, 3), real(2, 2))],
    "addmv": [call(real(2), real(2, 3), real(3)), call(real(2), real(2, 3), real(3), beta=0.5, alpha=2)],
    "addr": [call(real(2, 3), real(2), real(3)), call(real(2, 3), real(2), real(3), beta=0.5, alpha=2)],
    "baddbmm": [call(real(2, 2, 2), real(2, 2, 3), real(2, 3, 2)), call(real(1, 2), real(2, 2, 3), real(2, 3, 2), beta=0.5, alpha=2)],
    "addbmm": [call(real(2, 2), real(2, 2, 3), real(2, 3, 2)), call(real(2, 2), real(2, 2, 3), real(2, 3, 2), beta=0.5, alpha=2)],
    "einsum": [call("ij,jk->ik", real(2, 3), real(3, 2)), call("ij->ji", real(2, 3)), call("bij,bjk->bik", [real(2, 2, 3), real(2, 3, 2)]), call("...i,i->...", real(2, 3), real(3)), call("ii", real(3, 3)), call("i,j", real(2), real(3)), call("ij,jk", real(2, 3), real(2, 3))],
    "tensordot": [call(real(2, 3), real(3, 4), 1), call(real(2, 3, 4), real(4, 3), dims=([1, 2], [1, 0]))],
    "kron": [call(real(2, 2), real(1, 3)), call(real(2), real(3))],
    "cross": [call(real(2, 3), real(2, 3)), call(real(3, 2), real(3, 2), dim=0), call(real(2), real(2))],
    "cdist": [call(real(2, 3), real(4, 3)), call(real(2, 3), real(4, 3), p=1.0), call(at([[1.0, 2.0]]), at([[1.0, 2.0]]))],
    "linear": [call(real(2, 3), real(4, 3), real(4)), call(Operand("probability", (3,)), Operand("probability", (4, 3)), real(4)), call(real(2, 2, 3), real(4, 3)), call(real(2, 3), real(3, 4))],
}  # fmt: skip

ACTIVATION = {
    "softmax": [call(real(2, 3), 1), call(real(2, 3), dim=0), call(real(), 0), call(real(3), -1, dtype="float64"), call(ints(3), 0), call(real(2, 3), 2)],
    "log_softmax": [call(real(2, 3), 1), call(real(2, 3), dim=0), call(real(), 0)],
    "softmin": [call(real(2, 3), dim=1)],
    "softplus": [*unary("real", 25.0), call(real(3), 2.0, 1.0)], "gelu": [*unary("real", 0.0), call(real(3), approximate="tanh")], "silu": unary("real", 0.0), "mish": unary(),
    "leaky_relu": [*unary("real", 0.0), call(real(3), 0.2)], "elu": [*unary("real", 0.0), call(real(3), 0.5)], "selu": unary("real", 0.0), "celu": [*unary("real", 0.0), call(real(3), 0.5)],
    "relu6": unary("real", 0.0, 6.0, 7.0), "hardtanh": [*unary("real", -1.0, 1.0), call(real(3), -0.5, 2.0)], "hardsigmoid": unary("real", -3.0, 3.0), "hardswish": unary("real", -3.0, 3.0),
    "logsigmoid": unary(), "softsign": unary("real", 0.0), "tanhshrink": unary(), "softshrink": [*unary("real", 0.5), call(real(3), 0.2)], "hardshrink": [*unary("real", 0.5), call(real(3), 0.2)],
    "threshold": [call(real(4), 0.5, -1.0), call(at([0.5]), 0.5, -1.0)], "glu": [call(real(2, 4)), call(real(4, 2), 0), call(real(3))], "prelu": [call(real(2, 3), real(1)), call(real(2, 3), real(3)), call(at([0.0]), at([0.25]))],
    "normalize": [call(real(2, 3)), call(real(2, 3), p=1, dim=0), call(at([[0.0, 0.0]]))],
    "cosine_similarity": [call(real(2, 3), real(2, 3)), call(real(2, 3), real(3), dim=-1), call(at([[0.0, 0.0]]), at([[1.0, 1.0]]))],
    "pairwise_distance": [call(real(2, 3), real(2, 3)), call(real(2, 3), real(2, 3), p=1.0, keepdim=True)],
}  # fmt: skip

CREATION = {
    "tensor": [call([1, 2]), call([1.5, 2]), call(True), call(3.5), call([[1.0], [2.0]], dtype="float64"), call([1.7, -1.7], dtype="int64"), call([1, [2]]), call("a"), call([])],
    "as_tensor": [call([1, 2]), call(real(2))], "asarray": [call([1.0, 2.0])],
    "zeros": [call(2, 3), call((2,)), call(2, dtype="int64"), call(-1), call(size=(2, 1))], "ones": [call(2, 3), call((2,)), call([2], dtype="bool"), call(())],
    "full": [call((2, 2), 1.5), call((2,), 3), call((2,), True), call((2,), 1, dtype="float32")], "eye": [call(3), call(2, 3), call(2, dtype="int64")],
    "zeros_like": [call(real(2, 3)), call(ints(2)), call(real(2), dtype="int64")], "ones_like": [call(real(2, 3)), call(mask(2))], "full_like": [call(real(2), 2.5), call(ints(2), 2)],
    "new_zeros": [call(ints(2), 2, 3), call(real(2), (2,)), call(real(2), 2, dtype="int64")], "new_ones": [call(ints(2), 2, 3)], "new_full": [call(ints(2), (2,), 7), call(real(2), (2,), 1)], "new_tensor": [call(ints(2), [1.5]), call(real(1), [1, 2])],
    "arange": [call(5), call(1, 4), call(0, 1, 0.25), call(5, 0, -2), call(3.0), call(1, 2.5, 0.5), call(5, dtype="float32"), call(0, 3, 0), call(0, -1)], "range": [call(0, 3), call(1, 2, 0.5)],
    "linspace": [call(0, 1, 5), call(-1.0, 1.0, 4), call(0, 1, steps=1), call(start=0, end=10, steps=3, dtype="int64")], "logspace": [call(0, 2, 3), call(0, 3, 4, base=2.0)],
}  # fmt: skip

INPLACE = {
    "zero_": [call(real(3))], "fill_": [call(real(3), 2.5), call(real(2), at(1.5)), call(ints(2), 2.5)], "copy_": [call(real(2, 3), real(3)), call(real(2), ints(2)), call(real(2, 3), real(2))],
    "fill_diagonal_": [call(real(3, 3), 2.0), call(real(2, 3), 1.0)], "squeeze_": [call(real(1, 3))], "unsqueeze_": [call(real(3), 0)], "t_": [call(real(2, 3))], "transpose_": [call(real(2, 3), 0, 1)],
}  # fmt: skip

QUERIES = {
    "size": [call(real(2, 3)), call(real(2, 3), 1), call(real(2, 3), 2)], "dim": [call(real(2, 3))], "ndimension": [call(real(2, 3))], "numel": [call(real(2, 3))], "nelement": [call(real(2, 3))],
    "stride": [call(real(2, 3)), call(real(2, 3), 0)], "storage_offset": [call(real(2))], "element_size": [call(real(2)), call(mask(2))], "is_contiguous": [call(real(2, 3))],
    "is_floating_point": [call(real(2)), call(ints(2))], "is_complex": [call(real(2))], "is_signed": [call(Operand("natural", (2,), "uint8")), call(ints(2))], "is_tensor": [call(real(2)), call(3)], "is_nonzero": [call(at([1.0])), call(real(2))],
    "is_same_size": [call(real(2), real(2)), call(real(2), real(3))], "get_device": [call(real(2))], "item": [call(at([1.5])), call(real(2))], "tolist": [call(ints(2, 2)), call(at(2))],
}  # fmt: skip

CASTS = {name: [call(real(4)), call(ints(3)), call(mask(2))] for name in ("float", "double", "half", "long", "int", "short", "char", "bool", "byte")}

OPERATORS = {
    **{f"__{name}__": [call(real(2, 3), real(3)), call(real(3), 2)] for name in ("add", "sub", "mul", "truediv", "mod", "radd", "rsub", "rmul", "rtruediv")},
    **{f"__{name}__": [call(real(3), real(3)), call(ints(3), 2)] for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    **{f"__{name}__": [call(mask(3), mask(3)), call(ints(3), 3)] for name in ("and", "or", "xor", "rand", "ror", "rxor")},
    **{f"__{name}__": [call(ints(3), 2), call(real(3), 2.0)] for name in ("floordiv",)},
    "__rfloordiv__": [call(natural(3), 7)], "__rmod__": [call(natural(3), 7)], "__lshift__": [call(natural(3), 2)], "__rshift__": [call(natural(3), 1)],
    "__matmul__": [call(real(2, 3), real(3, 2)), call(real(2, 3), real(2, 3))], "__rmatmul__": [call(real(3, 2), real(2, 3))],
    "__pow__": [call(real(3), 2), call(positive(3), 0.5), call(positive(3), real(3)), call(ints(3), -1)], "__rpow__": [call(real(3), 2)],
    "__neg__": [call(real(3))], "__pos__": [call(real(3))], "__abs__": [call(real(3))], "__invert__": [call(mask(3)), call(ints(3))],
}  # fmt: skip

SAMPLES: dict[str, list[Sample]] = {}
for family in (
    ARITHMETIC, COMPARISON, UNARY, CHOICE, REDUCTION, ORDER, SHAPE, INDEX, INDEXING, LINALG, ACTIVATION, CREATION, INPLACE, QUERIES, CASTS,
    OPERATORS,
):  # fmt: skip
    repeated = SAMPLES.keys() & family.keys()
    assert not repeated, f"two sample rows for {sorted(repeated)}"
    SAMPLES |= family
