"""Bad inputs of PyTorch's own databases, given to PyTorch and to the shim: who refuses them, and in which words."""

import re

import torch as real
from op_db import in_shim
from torch.testing._internal.common_modules import ModuleErrorEnum
from torch.testing._internal.common_optimizers import OptimizerErrorEnum
from torch_to_shim import translated

import funcgrad.torch as shim


def refusal(call, *args, **kwargs):
    """The error that a call raises, or None."""
    try:
        call(*args, **kwargs)
    except Exception as error:  # whatever it is, it is compared
        return error
    return None


def difference(ours, theirs, regex=""):
    """How the shim's refusal differs: `silent`, `type` or `text`; "" if it says what PyTorch says or is known to say."""
    if ours is None:
        return "silent"
    if type(ours).__name__ != type(theirs).__name__:
        return "type"
    return "" if words(ours) == words(theirs) or (regex and re.search(regex, str(ours))) else "text"


def words(error):
    """The text of an error, without the list of the signatures that it does not fit."""
    return re.sub(r"(received an invalid combination of arguments - got \(.*?\)).*", r"\1", str(error), flags=re.DOTALL)


def of_operator(info, call):
    """For each bad input of an operator what the shim and PyTorch raise, and the text that PyTorch's tests expect."""
    for bad in info.error_inputs("cpu"):
        args, kwargs = (bad.sample_input.input, *bad.sample_input.args), bad.sample_input.kwargs
        ours = refusal(_run_in_shim, call, args, kwargs)
        yield ours, refusal(info.op, *args, **kwargs), bad.error_regex


def _run_in_shim(call, args, kwargs):
    call(*translated(args), **translated({key: in_shim(x) for key, x in kwargs.items()}))


def of_module(info, module):
    """The same for a module: on being made, or on being called."""
    for bad in info.module_error_inputs_func(info, "cpu", real.float64, True, True):
        made, called = bad.module_error_input.constructor_input, bad.module_error_input.forward_input
        given = [made.args, made.kwargs] + ([called.args, called.kwargs] if called else [])
        is_called = bad.error_on != ModuleErrorEnum.CONSTRUCTION_ERROR
        theirs = refusal(_run_module, real, info.module_cls, given, is_called)
        yield refusal(_run_module, shim, module, translated(given), is_called), theirs, bad.error_regex


def _run_module(torch, module, given, is_called):
    made = module(*given[0], **given[1])
    if is_called:
        made.to(torch.float64)(*given[2], **given[3])


def of_optimizer(info, optimizer):
    """The same for an optimizer: on being made, or in its first step."""
    for bad in info.optim_error_inputs_func(device="cpu", dtype=real.float64):
        given = [bad.optimizer_error_input.params, bad.optimizer_error_input.kwargs]
        steps = bad.error_on == OptimizerErrorEnum.STEP_ERROR
        ours = refusal(_run_optimizer_in_shim, optimizer, given, steps)  # first, as PyTorch's writes to the groups
        yield ours, refusal(_run_optimizer, info.optim_cls, given, steps), bad.error_regex


def _run_optimizer_in_shim(optimizer, given, steps):
    _run_optimizer(optimizer, translated(given), steps)


def _run_optimizer(optimizer, given, steps):
    made = optimizer(given[0], **given[1])
    if steps:
        made.step()
