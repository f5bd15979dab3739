"""The same module in PyTorch and in the shim: built from one seed, run on one input, differentiated with one weight."""

import numpy as np
import torch as real
from outcomes import direction

import funcgrad.torch as shim
from funcgrad.tolerances import tolerance

SEED = 7


def translated(x, seen=None):
    """A structure of PyTorch's tensors as the shim's; a tensor that stands twice is one tensor."""
    seen = {} if seen is None else seen
    if isinstance(x, real.Tensor):
        if id(x) not in seen:
            made = shim.from_numpy(np.array(x.detach().numpy()))
            seen[id(x)] = made.requires_grad_() if x.requires_grad else made
        return seen[id(x)]
    if isinstance(x, real.dtype):
        return getattr(shim, str(x).removeprefix("torch."))
    if isinstance(x, real.device):
        return str(x)
    if isinstance(x, dict):
        return {key: translated(item, seen) for key, item in x.items()}
    if isinstance(x, list | tuple):
        return type(x)(translated(item, seen) for item in x)
    return x


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


def differences(ours, theirs):
    """What differs between two runs, as a list of texts."""
    if ours.error or theirs.error:
        return [] if ours.error == theirs.error else [f"{ours.error!r} is not {theirs.error!r}"]
    found = []
    if repr(ours.module) != repr(theirs.module):
        found.append(f"repr {ours.module!r} is not {theirs.module!r}")
    if list(ours.module.state_dict()) != list(theirs.module.state_dict()):
        found.append(f"names {list(ours.module.state_dict())} are not {list(theirs.module.state_dict())}")
    for what, a, b, kind in (
        ("state", ours.module.state_dict().values(), theirs.module.state_dict().values(), None),
        ("outputs", ours.outputs, theirs.outputs, "value"),
        ("gradients", getattr(ours, "gradients", []), getattr(theirs, "gradients", []), "gradient"),
        ("stream", [ours.next_draw], [theirs.next_draw], None),
    ):
        found += [f"{what}: {text}" for text in unequal(list(a), list(b), kind)]
    return found


def unequal(ours, theirs, kind):
    """How two lists of tensors differ; exactly if `kind` is None. An absent gradient is one of zeros."""
    if len(ours) != len(theirs):
        return [f"{len(ours)} of them, not {len(theirs)}"]
    found = []
    for a, b in zip(ours, theirs, strict=True):
        if a is None or b is None:
            if any(x is not None and x.detach().numpy().any() for x in (a, b)):
                found.append(f"{a} is not {b}")
            continue
        a, b = a.detach().clone().numpy(), b.detach().clone().numpy()
        bound = {"rtol": 0, "atol": 0} if kind is None else scaled(tolerance(b.dtype, kind), b)
        if (a.shape, a.dtype) != (b.shape, b.dtype):
            found.append(f"{a.dtype}{a.shape} is not {b.dtype}{b.shape}")
        elif not np.allclose(a, b, **bound, equal_nan=True):
            found.append(f"off by {np.nanmax(np.abs(a - b)):.2g}: {a.ravel()[:4]} is not {b.ravel()[:4]}")
    return found


def scaled(bound, expected):
    """A bound whose absolute part follows the largest element: what sums of many terms leave in small ones."""
    size = np.nanmax(np.abs(expected), initial=1.0, where=np.isfinite(expected))
    return {"rtol": bound["rtol"], "atol": bound["atol"] * max(float(size), 1.0)}
