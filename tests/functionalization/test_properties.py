"""Random steps made of parts: the pure step is the stateful one, bit for bit."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from small_steps import X, Y

import funcgrad.torch as torch
from funcgrad import functionalize

nn, optim = torch.nn, torch.optim
WIDTH = 4

LAYERS = {
    "linear": lambda: nn.Linear(WIDTH, WIDTH),
    "tanh": nn.Tanh,
    "dropout": lambda: nn.Dropout(0.3),
    "layer norm": lambda: nn.LayerNorm(WIDTH),
    "batch norm": lambda: nn.BatchNorm1d(WIDTH),
}
OPTIMIZERS = {
    "SGD": lambda ps: optim.SGD(ps, 0.1, momentum=0.9, nesterov=True),
    "AdamW": lambda ps: optim.AdamW(ps, 0.01),
    "RMSprop": lambda ps: optim.RMSprop(ps, 0.01, centered=True, momentum=0.5),
}
CLIPS = {
    "none": lambda ps: None,
    "norm": lambda ps: nn.utils.clip_grad_norm_(ps, 0.5),
    "value": lambda ps: nn.utils.clip_grad_value_(ps, 0.1),
    "hand": lambda ps: [p.grad.mul_(0.5).add_(torch.rand_like(p), alpha=0.01) for p in ps if p.grad is not None],
}
ZERO = ("first", "last", "to zeros", "never")


@st.composite
def parts(draw):
    return {
        "layers": draw(st.lists(st.sampled_from(sorted(LAYERS)), min_size=1, max_size=3)),
        "optimizer": draw(st.sampled_from(sorted(OPTIMIZERS))),
        "clip": draw(st.sampled_from(sorted(CLIPS))),
        "zero": draw(st.sampled_from(ZERO)),
        "micro_batches": draw(st.sampled_from([1, 2, 3])),
        "averages": draw(st.booleans()),
        "frozen": draw(st.booleans()),
    }


def step_of(layers, optimizer, clip, zero, micro_batches, averages, frozen):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, WIDTH), *(LAYERS[name]() for name in layers), nn.Linear(WIDTH, 1))
    model[0].requires_grad_(not frozen)
    held = OPTIMIZERS[optimizer]([p for p in model.parameters() if p.requires_grad])
    owners = {"model": model, "optimizer": held}
    if averages:
        owners["average"] = optim.swa_utils.AveragedModel(model)

    def step(x, y):
        if zero == "first":
            held.zero_grad()
        total = 0
        for a, b in zip(x.chunk(micro_batches), y.chunk(micro_batches), strict=True):
            loss = nn.functional.mse_loss(model(a), b) / micro_batches
            loss.backward()
            total = total + loss.detach()
        CLIPS[clip](list(model.parameters()))
        held.step()
        if zero in ("last", "to zeros"):
            held.zero_grad(set_to_none=zero == "last")
        if averages:
            owners["average"].update_parameters(model)
        return total

    return step, owners


@settings(max_examples=3, deadline=None, derandomize=True)
@given(parts())
def test_k_pure_steps_are_k_stateful_steps(chosen):
    step, owners = step_of(**chosen)
    pure = functionalize(step, X, Y, certify=3, **owners)
    assert pure.certificate.largest == 0, pure.certificate
    compiled, loss = pure(pure.state(), X, Y)
    assert np.isfinite(loss)
    assert set(compiled) == set(pure.state())
