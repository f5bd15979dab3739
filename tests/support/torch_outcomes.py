"""What the real PyTorch makes of a sample."""

import types

import torch
from outcomes import finish, gradients, in_words, preparation, start


def torch_call(name):
    """PyTorch's function or method of this name."""
    if name.startswith("Tensor."):
        return getattr(torch.Tensor, name.removeprefix("Tensor."))
    homes = (torch.Tensor, torch) if name.startswith("__") else (torch, torch.Tensor, torch.nn.functional)
    for home in homes:
        found = getattr(home, name, None)
        if callable(found):
            return in_words(name, found)
        if isinstance(found, types.GetSetDescriptorType):
            return found.__get__
    raise AttributeError(f"PyTorch has no {name}: not in torch, Tensor or nn.functional")


def torch_outcomes(name, sample, **how):
    """The outcome of one sample, with PyTorch's gradients."""
    started = start(torch, torch_call(name), sample, **preparation(name) | how)
    try:
        gradients(torch, [started])
    except (RuntimeError, NotImplementedError):  # no derivative
        started.gradients = []
    return finish(started)
