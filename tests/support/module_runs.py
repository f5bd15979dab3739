"""A module of PyTorch or of the shim: built from one seed, run on one input, differentiated with one weight."""

import numpy as np
from outcomes import direction

from funcgrad.tolerances import tolerance

SEED = 7
DEEP = 20  # parameters of a module whose outputs have the rounding errors of many layers, like a gradient


def tensors(x, torch):
    """The tensors in a structure, in order."""
    if isinstance(x, torch.Tensor):
        return [x]
    items = x.values() if isinstance(x, dict) else x if isinstance(x, list | tuple) else ()
    return [found for item in items for found in tensors(item, torch)]


class Run:
    """A module in one of the two, on one input."""

    def __init__(self, torch, build, args, kwargs, training=True):
        self.torch = torch
        self.error, self.outputs = "", []
        torch.manual_seed(SEED)
        try:
            self.module = build()
            self.module.train(training)
            self.outputs = tensors(self.module(*args, **kwargs), torch)
        except (RuntimeError, ValueError, TypeError, IndexError, AssertionError, NotImplementedError) as error:
            self.error = f"{type(error).__name__}: {error}".splitlines()[0]
            return
        self.next_draw = torch.rand(3)
        self.leaves = [x for x in tensors((args, kwargs), torch) if x.requires_grad] + list(self.module.parameters())

    def ends(self):
        """Outputs that carry a gradient, and the weights of their sum."""
        ends = [x for x in self.outputs if x.requires_grad]
        weights = [direction(np.empty(tuple(x.shape), np.float64), k) for k, x in enumerate(ends)]
        return ends, [self.torch.from_numpy(w).to(x.dtype) for w, x in zip(weights, ends, strict=True)]


def differentiate(torch, runs):
    """Fill in `gradients` of all runs in one walk."""
    runs = [run for run in runs if not run.error and run.ends()[0]]
    ends = [x for run in runs for x in run.ends()[0]]
    weights = [w for run in runs for w in run.ends()[1]]
    leaves = [x for run in runs for x in run.leaves]
    found = iter(torch.autograd.grad(ends, leaves, weights, allow_unused=True) if leaves else ())
    for run in runs:
        run.gradients = [next(found) for _ in run.leaves]


def parts(run):
    """What a run came to, part by part: `{part: (arrays, kind of claim)}`; None as kind means exactly."""
    return {
        "parameters": (arrays(run.module.parameters()), None),
        "buffers": (arrays(run.module.buffers()), "value"),
        "outputs": (arrays(run.outputs), "value" if len(list(run.module.parameters())) < DEEP else "gradient"),
        "gradients": (arrays(getattr(run, "gradients", [])), "gradient"),
        "stream": (arrays([run.next_draw]), None),
    }


def arrays(tensors):
    """Tensors as arrays; an absent gradient as one without elements."""
    return [np.zeros(0) if x is None else x.detach().clone().numpy() for x in tensors]


def differences(ours, theirs, outputs):
    """What differs between two runs, as a list of texts; outputs are compared as this kind of claim."""
    if ours.error or theirs.error:
        return [] if ours.error == theirs.error else [f"{ours.error!r} is not {theirs.error!r}"]
    expected = {part: found for part, (found, _) in parts(theirs).items()}
    return unlike(ours, expected | {"repr": repr(theirs.module), "names": list(theirs.module.state_dict())}, outputs)


def unlike(run, expected, outputs="value"):
    """How a run differs from a dictionary of parts, as a list of texts; outputs are compared as this kind of claim."""
    found = []
    if repr(run.module) != expected["repr"]:
        found.append(f"repr {run.module!r} is not {expected['repr']}")
    if list(run.module.state_dict()) != expected["names"]:
        found.append(f"names {list(run.module.state_dict())} are not {expected['names']}")
    for part, (ours, kind) in parts(run).items():
        kind = outputs if part == "outputs" and kind == "value" else kind
        found += [f"{part}: {text}" for text in unequal(ours, expected[part], kind)]
    return found


def unequal(ours, theirs, kind):
    """How two lists of arrays differ; exactly if `kind` is None. An absent gradient is one of zeros."""
    if len(ours) != len(theirs):
        return [f"{len(ours)} of them, not {len(theirs)}"]
    return [text for a, b in zip(ours, theirs, strict=True) if (text := _unequal(a, b, kind))]


def _unequal(a, b, kind):
    if a.shape != b.shape and not (a.size * b.size or a.any() or b.any()):
        return ""
    if (a.shape, a.dtype) != (b.shape, b.dtype):
        return f"{a.dtype}{a.shape} is not {b.dtype}{b.shape}"
    bound = {"rtol": 0, "atol": 0} if kind is None else scaled(tolerance(b.dtype, kind), b)
    if np.allclose(a, b, **bound, equal_nan=True):
        return ""
    return f"off by {np.nanmax(np.abs(a - b)):.2g}: {a.ravel()[:4]} is not {b.ravel()[:4]}"


def scaled(bound, expected):
    """A bound whose absolute part follows the largest element: what sums of many terms leave in small ones."""
    finite = np.abs(expected[np.isfinite(expected)])
    return {"rtol": bound["rtol"], "atol": bound["atol"] * max(float(finite.max(initial=1.0)), 1.0)}
