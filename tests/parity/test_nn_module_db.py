"""Every module of PyTorch's own database that is not spatial: repr, state, draws, outputs, gradients, both modes."""

import warnings

import pytest
import torch as real
from module_runs import Run, differences, differentiate
from torch_to_shim import translated
from torch.testing._internal.common_modules import module_db

import funcgrad.torch as shim

MINE = ("_activations", "_softmax", "_attention", "_distance", "_dropout", "_losses", "_margin_losses", "_linear",
        "_recurrent", "_recurrent_cells", "_sparse", "_transformer", "_transformer_layers", "_adaptive")  # fmt: skip
ENTRIES = {
    info.name.removeprefix("nn."): info
    for info in module_db
    if getattr(getattr(shim.nn, info.name.removeprefix("nn."), None), "__module__", "").rpartition(".")[2] in MINE
}

# PyTorch's own float32 is farther from the exact value than the bound here, and farther than ours.
IN_FLOAT64 = ("CTCLoss", "CrossEntropyLoss")


def pairs(name, training):
    info = ENTRIES[name]
    inputs = info.module_inputs_func(info, device="cpu", dtype=real.float32, requires_grad=True, training=training)
    for case in inputs:
        made, called = case.constructor_input, case.forward_input
        theirs = [made.args, made.kwargs, called.args, called.kwargs]
        theirs = in_float64(theirs) if name in IN_FLOAT64 else theirs
        yield (
            run(shim, getattr(shim.nn, name), translated(theirs), training),
            run(real, info.module_cls, theirs, training),
        )


def run(torch, module, given, training):
    return Run(torch, lambda: module(*given[0], **given[1]), given[2], given[3], training)


def in_float64(x):
    if isinstance(x, real.Tensor):
        return x.detach().double().requires_grad_(x.requires_grad) if x.dtype == real.float32 else x
    if isinstance(x, dict):
        return {key: in_float64(item) for key, item in x.items()}
    return type(x)(map(in_float64, x)) if isinstance(x, list | tuple) else x


@pytest.mark.parametrize("name", ENTRIES)
@pytest.mark.filterwarnings("ignore")
def test_module_is_pytorchs(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        modes = (True,) if "Loss" in name else (True, False)
        found = [pair for training in modes for pair in pairs(name, training)]
        differentiate(shim, [ours for ours, _ in found])
        differentiate(real, [theirs for _, theirs in found])
        wrong = {k: texts for k, (ours, theirs) in enumerate(found) if (texts := differences(ours, theirs))}
    assert not wrong, "\n".join(f"{k} of {len(found)}: {text}" for k, texts in wrong.items() for text in texts)
