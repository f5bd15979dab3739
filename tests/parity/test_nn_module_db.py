"""Every module of PyTorch's own database: text, names, parameters, draws, outputs, gradients.

In both modes where PyTorch says that they differ. In float64, where a difference is one of the rule and not of rounding;
the recorded values are float32.
"""

import pytest
import torch as real
from module_runs import Run, differences, differentiate
from torch.testing._internal.common_modules import module_db
from torch_to_shim import translated

import funcgrad.torch as shim

GIVEN_A_MODULE = ("TransformerEncoder",)
"""Modules whose constructors take another one, which would be PyTorch's."""
MOST_INPUTS = 8
"""Inputs of a module that are compared in each mode."""

ENTRIES = {
    name: info
    for info in module_db
    if hasattr(shim.nn, name := info.name.removeprefix("nn.")) and name not in GIVEN_A_MODULE
}


def pairs(name, training, part):
    """The module on its inputs, in both packages."""
    info = ENTRIES[name]
    real.manual_seed(0)
    cases = info.module_inputs_func(info, device="cpu", dtype=real.float64, requires_grad=True, training=training)
    for case in part(list(cases), MOST_INPUTS):
        made, called = case.constructor_input, case.forward_input
        given = [made.args, made.kwargs, called.args, called.kwargs]
        yield (
            run(shim, getattr(shim.nn, name), translated(given), training),
            run(real, info.module_cls, given, training),
        )


def run(torch, module, given, training):
    return Run(torch, lambda: module(*given[0], **given[1]).to(torch.float64), given[2], given[3], training)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("interpreted", "unoptimized")
@pytest.mark.parametrize("name", ENTRIES)
def test_module_is_pytorchs(name, part):
    modes = (True, False) if ENTRIES[name].train_and_eval_differ else (True,)
    found = [pair for training in modes for pair in pairs(name, training, part)]
    differentiate(shim, [ours for ours, _ in found])
    differentiate(real, [theirs for _, theirs in found])
    wrong = {k: texts for k, (ours, theirs) in enumerate(found) if (texts := differences(ours, theirs, "gradient"))}
    assert not wrong, "\n".join(f"{k} of {len(found)}: {text}" for k, texts in wrong.items() for text in texts)
