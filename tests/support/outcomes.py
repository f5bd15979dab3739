"""Outcomes: what an operator makes of a sample, in the same words for PyTorch and for the shim.

`start` runs the operator, `gradients` differentiates any number of started samples in one walk, and `finish` looks at
the values: in that order everything of an operator is one program of the shim.
"""

import zlib
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Operand:
    """A tensor of a sample: drawn from a domain, or the values given."""

    domain: str
    shape: tuple = ()
    dtype: str = "float32"
    values: object = None

    def array(self, position, dtype=None):
        """Its values, the same on every machine. `dtype` replaces a floating-point dtype."""
        wanted = dtype if dtype and self.dtype == "float32" else self.dtype
        if self.domain == "values":
            return np.array(self.values, self.dtype).astype(wanted)
        stream = np.random.RandomState(zlib.crc32(f"{self.domain} {self.shape} {position}".encode()))
        return np.asarray(DOMAINS[self.domain](stream, self.shape)).astype(self.dtype).astype(wanted)


# Reals keep away from the integers, where functions have their kinks and steps.
DOMAINS = {
    "real": lambda r, s: r.randint(-3, 3, s) + r.uniform(0.1, 0.9, s),
    "positive": lambda r, s: r.randint(0, 4, s) + r.uniform(0.1, 0.9, s),
    "unit": lambda r, s: r.uniform(0.1, 0.9, s) * r.choice([-1, 1], s),
    "probability": lambda r, s: r.uniform(0.05, 0.95, s),
    "above one": lambda r, s: r.randint(1, 4, s) + r.uniform(0.1, 0.9, s),
    "distinct": lambda r, s: (r.permutation(int(np.prod(s))).reshape(s) - np.prod(s) / 2) * 0.7 + 0.3,
    "ints": lambda r, s: r.randint(-5, 6, s),
    "natural": lambda r, s: r.randint(1, 6, s),
    "bool": lambda r, s: r.randint(0, 2, s),
}


@dataclass(frozen=True)
class Sample:
    """One call: positional and keyword arguments, among them `Operand`s, also inside lists and tuples."""

    args: tuple
    kwargs: dict = field(default_factory=dict)

    def operands(self):
        """The operands in order."""
        return list(_operands((self.args, self.kwargs)))

    def is_smooth(self):
        """Whether a finite difference tells the gradient: all operands are drawn, one of them a float."""
        found = self.operands()
        return all(x.domain != "values" or x.dtype != "float32" for x in found) and any(
            x.dtype == "float32" and 0 not in x.shape for x in found
        )

    def filled(self, tensors):
        """Arguments with tensors in the place of operands."""
        given = iter(tensors)
        return _filled(self.args, given), _filled(self.kwargs, given)


def _operands(x):
    if isinstance(x, Operand):
        yield x
    for item in x.values() if isinstance(x, dict) else x if isinstance(x, list | tuple) else ():
        yield from _operands(item)


def _filled(x, tensors):
    if isinstance(x, Operand):
        return next(tensors)
    if isinstance(x, dict):
        return {key: _filled(item, tensors) for key, item in x.items()}
    return type(x)(_filled(item, tensors) for item in x) if isinstance(x, list | tuple) else x


@dataclass
class Started:
    """A sample on its way: results, the leaves that gradients go to, and the error if there was one."""

    results: list = field(default_factory=list)
    leaves: list = field(default_factory=list)
    gradients: list = field(default_factory=list)
    error: str = ""


def start(torch, call, sample, *, dtype=None, prepare=lambda x: x, shift=0.0, requires_grad=True):
    """Run an operator on a sample.

    Args:
        torch: PyTorch, or the shim.
        call: The operator.
        sample: The sample.
        dtype: Replaces the dtype of floating-point operands.
        prepare: What happens to each leaf before the operator takes it.
        shift: How far floating-point operands move along `direction`.
        requires_grad: Whether floating-point operands are leaves that require grad.
    """
    arrays = [x.array(k, dtype) for k, x in enumerate(sample.operands())]
    if shift:
        arrays = [np.asarray(a + shift * direction(a, k)) if a.dtype.kind == "f" else a for k, a in enumerate(arrays)]
    leaves = [torch.from_numpy(np.array(a)) for a in arrays]
    for x in leaves:
        if requires_grad and x.dtype.is_floating_point:
            x.requires_grad_()
    args, kwargs = sample.filled([prepare(x) for x in leaves])
    if "dtype" in kwargs:
        kwargs["dtype"] = getattr(torch, kwargs["dtype"])
    try:
        results = flat(call(*args, **kwargs))
    except (RuntimeError, TypeError, IndexError, ValueError, NotImplementedError, AssertionError) as error:
        return Started(error=f"{type(error).__name__}: {error}".splitlines()[0])
    return Started(results, [x for x in leaves if x.requires_grad])


def preparation(name):
    """How the leaves of an operator's samples are prepared: what changes in place gets a tensor that may change."""
    is_in_place = name in IN_PLACE_OPERATORS or (name.endswith("_") and not name.startswith("__"))
    return {"prepare": lambda x: x.clone()} if is_in_place else {}


IN_PLACE_OPERATORS = {"__setitem__"} | {
    f"__i{name}__"
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "lshift", "rshift")
}


def in_words(name, call):
    """The call with a result to look at: an assignment gives the tensor, an iterator its items."""
    if name == "__setitem__":
        return lambda x, index, value: (call(x, index, value), x)[1]
    return (lambda x: list(call(x))) if name == "__iter__" else call


def flat(results):
    """Results as a list: one, a tuple, a tuple of tuples."""
    if isinstance(results, tuple | list):
        return [x for item in results for x in flat(item)]
    return [results]


def gradients(torch, started):
    """Fill in the gradients of started samples: one walk, from results weighted by their `direction`."""
    ends, weights, leaves = [], [], []
    for s in started:
        for k, x in enumerate(s.results):
            if getattr(x, "requires_grad", False):
                ends.append(x)
                weights.append(torch.from_numpy(direction(np.empty(tuple(x.shape), np.float64), k)).to(x.dtype))
        leaves += s.leaves
    if not ends or not leaves:
        return
    found = iter(torch.autograd.grad(ends, leaves, weights, allow_unused=True))
    for s in started:
        s.gradients = [next(found) for _ in s.leaves]


def direction(array, k):
    """Weights between 0.5 and 1.5 of an array's shape and dtype, another set for each k."""
    n = np.arange(array.size, dtype=np.float64).reshape(array.shape)
    return np.asarray(1 + 0.5 * np.sin(1 + 1.7 * n + k), array.dtype)


def finish(started):
    """What a sample came to: `{"error": text}`, or values, gradients and the name of the node."""
    if started.error:
        return {"error": started.error}
    node = getattr(started.results[0], "grad_fn", None) if started.results else None
    return {
        "values": [array(x) for x in started.results],
        "gradients": [None if g is None else array(g) for g in started.gradients],
        "node": node.name() if node is not None else "",
    }


def array(x):
    """A result as a NumPy array; other results, such as shapes and numbers, as they are."""
    return x.detach().clone().numpy() if hasattr(x, "detach") else x
