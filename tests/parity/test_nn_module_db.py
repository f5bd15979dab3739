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
DTYPES = dict.fromkeys(("CTCLoss", "CrossEntropyLoss"), real.float64)


def pairs(name, training):
    info = ENTRIES[name]
    inputs = info.module_inputs_func(info, device="cpu", dtype=real.float32, requires_grad=True, training=training)
    for case in inputs:
        made, called = case.constructor_input, case.forward_input
        ours = translated([made.args, made.kwargs, called.args, called.kwargs])
        yield (
            Run(shim, lambda o=ours: getattr(shim.nn, name)(*o[0], **o[1]), ours[2], ours[3], training),
            Run(real, lambda m=made: info.module_cls(*m.args, **m.kwargs), called.args, called.kwargs, training),
        )


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
