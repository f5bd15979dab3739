"""How samples are written: operands by what they are drawn from, calls, and the usual sets of calls."""

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
    whole = [
        call(natural(3), natural(2, 3)),
        call(natural(3), Operand("natural", (3,), "uint8")),
        call(mask(4), mask(4)),
    ]
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
    return [
        call(x, 0),
        call(x, dim=-1),
        call(x, dim=1, keepdim=True),
        call(ints(2, 3), 1),
        call(Operand(domain, ()), 0),
        *more,
    ]


TIES = at([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
NAN = at([1.0, float("nan"), 0.5])

INF = float("inf")
EVERY = slice(None)
