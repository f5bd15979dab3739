"""Structures of PyTorch's tensors as the shim's."""

import numpy as np
import torch as real

import funcgrad.torch as shim


def translated(x, seen=None):
    """A structure of PyTorch's tensors as the shim's; a tensor that stands twice is one tensor."""
    seen = {} if seen is None else seen
    if isinstance(x, real.Tensor):
        if id(x) not in seen:
            made = shim.from_numpy(np.array(x.detach().numpy()))
            seen[id(x)] = made.requires_grad_() if x.requires_grad else made
        return seen[id(x)]
    if isinstance(x, real.dtype | real.memory_format):
        return getattr(shim, str(x).removeprefix("torch."))
    if isinstance(x, real.device):
        return str(x)
    if isinstance(x, dict):
        return {key: translated(item, seen) for key, item in x.items()}
    if isinstance(x, list | tuple):
        return type(x)(translated(item, seen) for item in x)
    if callable(x) and getattr(real.nn.functional, getattr(x, "__name__", ""), None) is x:
        return getattr(shim.nn.functional, x.__name__)
    return x
