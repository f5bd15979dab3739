"""Entries of PyTorch's operator database with the shim's functions, and how their outcomes differ."""

import re
from functools import partial
from types import CellType, FunctionType

import numpy as np
import torch as real
from module_runs import scaled, tensors
from outcomes import direction, flat
from torch.testing._internal import common_utils
from torch.testing._internal.common_methods_invocations import op_db
from torch.testing._internal.opinfo import core
from torch_to_shim import translated

import funcgrad.torch as shim
from funcgrad.tolerances import tolerance

# At each list of samples PyTorch looks for a unittest among its callers, and reads the sources of them all.
for module in (common_utils, core):
    module.extract_test_fn = lambda: None

LEFT_OUT = re.compile(r"_(?!_)|torch\.|sparse\.|to_sparse|masked\.|jiterator_|.*_polynomial_")
"""Private, sparse and masked operators, those compiled at run time, and orthogonal polynomials."""

WITHOUT_VALUES = re.compile(r"(new_)?empty|resize_")
"""Operators that give memory as it is."""

DTYPES = (real.float32, real.int64, real.bool, real.complex64, real.float64)
"""In the order in which one is looked for that an entry takes."""


def entries():
    """The entries by name."""
    kept = [info for info in op_db if not LEFT_OUT.match(info.name)]
    return {f"{info.name}.{info.variant_test_name}".rstrip("."): info for info in kept}


def function_of(info):
    """The shim's function that an entry stands for, or None."""
    if is_wrapper(info.op):
        return rebound(info.op)
    homes = (shim.Tensor, shim) if type(info.op).__name__.endswith("descriptor") else (shim, shim.Tensor)
    return next(filter(callable, (part_of(home, info.name) for home in homes)), None)


def part_of(home, name):
    for part in name.split("."):
        home = getattr(home, part, None)
    return home


def is_wrapper(op):
    """Whether a function is one that the database wrote around PyTorch's."""
    return isinstance(op, FunctionType) and op.__module__.startswith("torch.testing.")


def rebound(op):
    """The same function with `torch` meaning the shim, and so for what it calls."""
    if isinstance(op, partial):
        return partial(rebound(op.func), *op.args, **op.keywords)
    if not is_wrapper(op):
        return op
    if op.__name__ == "wrapper_set_seed":
        return seeded
    names = {name: rebound(op.__globals__[name]) for name in op.__code__.co_names if name in op.__globals__}
    cells = tuple(CellType(rebound(cell.cell_contents)) for cell in op.__closure__ or ())
    made = FunctionType(op.__code__, op.__globals__ | names | {"torch": shim}, op.__name__, op.__defaults__, cells)
    made.__kwdefaults__ = op.__kwdefaults__
    return made


def seeded(op, *args, **kwargs):
    """What the database does around operators that draw."""
    shim.manual_seed(42)
    return op(*args, **kwargs)


class Outcome:
    """What one call comes to, in PyTorch or in the shim."""

    def __init__(self, torch, call, given, look):
        self.torch, self.leaves = torch, [x for x in tensors(list(given), torch) if x.requires_grad]
        torch.manual_seed(0)
        self.error, self.results, self.gradients = "", [], []
        try:
            self.results = [*flat(look(call(*given[0], **given[1])))]
        except Exception as error:  # whatever it is, it is compared
            self.error = f"{type(error).__name__}: {error}".splitlines()[0]

    def differentiate(self):
        """Fill in the gradients of all results that have some, weighted, to all leaves."""
        ends = [x for x in self.results if isinstance(x, self.torch.Tensor) and x.requires_grad]
        weights = [
            self.torch.from_numpy(direction(np.empty(tuple(x.shape)), k)).to(x.dtype) for k, x in enumerate(ends)
        ]
        if ends and self.leaves:
            self.gradients = list(self.torch.autograd.grad(ends, self.leaves, weights, allow_unused=True))


def outcomes(info, call, sample):
    """The same call in the shim and in PyTorch."""
    given = ((sample.input, *sample.args), sample.kwargs)
    look = sample.output_process_fn_grad
    ours = Outcome(shim, call, translated([given[0], {key: in_shim(x) for key, x in given[1].items()}]), rebound(look))
    return ours, Outcome(real, info.op, given, look)


def in_shim(x):
    """A module among arguments as the shim's."""
    return getattr(shim.nn, type(x).__name__)() if isinstance(x, real.nn.Module) else x


def different(info, ours, theirs):
    """What differs, as `{part: text}`."""
    if ours.error or theirs.error:
        return {"error": f"{ours.error!r} is not {theirs.error!r}"} if bool(ours.error) != bool(theirs.error) else {}
    looks = not WITHOUT_VALUES.match(info.name)
    found = {"values": unequal(ours.results, theirs.results, looks)}
    found["gradients"] = unequal(ours.gradients, theirs.gradients, looks)
    return {part: text for part, text in found.items() if text}


def unequal(ours, theirs, looks):
    if len(ours) != len(theirs):
        return f"{len(ours)} of them, not {len(theirs)}"
    return next(filter(None, (one_unequal(a, b, looks) for a, b in zip(ours, theirs, strict=True))), "")


def one_unequal(a, b, looks):
    """How two results differ, if they do; an absent gradient is one of zeros."""
    if not isinstance(b, real.Tensor):
        return "" if str(a) == str(b) or (b is None and not a.any()) else f"{a!r} is not {b!r}"
    if a is None:
        return "" if not b.any() else f"None is not {b}"
    if not isinstance(a, shim.Tensor):
        return f"{a!r} is not {b!r}"
    if (tuple(a.shape), str(a.dtype)) != (tuple(b.shape), str(b.dtype)):
        return f"{a.dtype}{tuple(a.shape)} is not {b.dtype}{tuple(b.shape)}"
    return far(array(a), array(b)) if looks else ""


def array(x):
    x = x.double() if "bfloat16" in str(x.dtype) else x
    return x.numpy(force=True) if isinstance(x, real.Tensor) else x.detach().clone().numpy()


def far(a, b):
    with np.errstate(all="ignore"):
        bound = scaled(tolerance(b.dtype, "gradient"), b)
        if np.allclose(a, b, **bound, equal_nan=True):
            return ""
        worst = np.unravel_index(np.argmax(~np.isclose(a, b, **bound, equal_nan=True)), a.shape)
    return f"{a[worst]!s} is not {b[worst]!s} at {tuple(map(int, worst))} of {a.shape}"
