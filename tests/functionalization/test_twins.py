"""Twins: what PyTorch decides by looking at a value, a pure step decides without."""

import numpy as np
import pytest
from functionalized_proofs import assert_same
from small_steps import STEPS, X, Y, build

import funcgrad.torch as torch
from funcgrad import functionalize
from funcgrad.functionalization import FunctionalizationError

nn, F = torch.nn, torch.nn.functional
STACKED = np.stack([X] * STEPS), np.stack([Y] * STEPS)


def scaled(optimizer, model="mlp"):
    owners, _ = build(model, optimizer)
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)

    def step(x, y):
        owners["optimizer"].zero_grad()
        loss = F.mse_loss(owners["model"](x), y)
        scaler.scale(loss).backward()
        scaler.step(owners["optimizer"])
        scaler.update()
        return loss

    return owners | {"scaler": scaler}, step


@pytest.mark.parametrize("overflows", [(), (0,), (2,), (0, 1)])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam", lambda ps: torch.optim.Rprop(ps, lr=0.02)])
def test_steps_with_infinite_gradients_are_skipped(optimizer, overflows):
    owners, step = scaled(optimizer)
    xs = STACKED[0].copy()
    xs[list(overflows), 0, 0] = np.inf
    pure = functionalize(step, X, Y, certify=0, **owners)
    state, _ = pure.scan(pure.state(), xs, STACKED[1])
    for x, y in zip(xs, STACKED[1], strict=True):
        step(torch.tensor(x), torch.tensor(y))
    assert_same(state, owners)
    assert float(state["scaler"]["scale"]) == owners["scaler"].get_scale()


def test_a_skipped_first_step_loads():
    owners, step = scaled("adam")
    pure = functionalize(step, X, Y, certify=0, **owners)
    state, _ = pure(pure.state(), np.full_like(X, np.inf), Y)
    pure.load(state)
    expected, _ = pure(pure.state(), X, Y)
    step(torch.tensor(X), torch.tensor(Y))
    assert_same(expected, owners)


def test_a_first_step_that_cannot_be_undone_is_refused():
    owners, step = scaled(lambda ps: torch.optim.SGD(ps, 0.1, momentum=0.9, dampening=0.5))
    with pytest.raises(FunctionalizationError, match=r"first step of SGD is unlike all others.*Run the stateful step"):
        functionalize(step, X, Y, **owners)
    step(torch.tensor(X), torch.tensor(Y))
    functionalize(step, X, Y, certify=0, **owners)


def test_a_step_that_ends_before_update_is_refused():
    owners, _ = build("linear")
    scaler = torch.amp.GradScaler("cpu")

    def step(x, y):
        scaler.scale(F.mse_loss(owners["model"](x), y)).backward()
        scaler.step(owners["optimizer"])

    with pytest.raises(FunctionalizationError, match=r"Call scaler.update\(\) at its end"):
        functionalize(step, X, Y, scaler=scaler, **owners)


def test_a_disabled_scaler_passes_everything_through():
    owners, _ = build("linear")
    scaler = torch.amp.GradScaler("cpu", enabled=False)

    def step(x, y):
        scaler.scale(F.mse_loss(owners["model"](x), y)).backward()
        scaler.step(owners["optimizer"])
        scaler.update()

    pure = functionalize(step, X, Y, scaler=scaler, **owners)
    assert pure.state()["scaler"] == {}


AVERAGES = {
    "mean": {},
    "exponential": {"multi_avg_fn": torch.optim.swa_utils.get_ema_multi_avg_fn(0.9)},
    "of one tensor": {"avg_fn": torch.optim.swa_utils.get_ema_avg_fn(0.9), "use_buffers": True},
}


@pytest.mark.parametrize("name", AVERAGES)
@pytest.mark.parametrize("has_started", [False, True])
def test_averages_of_a_model(name, has_started):
    owners, train = build("buffer")
    average = torch.optim.swa_utils.AveragedModel(owners["model"], **AVERAGES[name])
    owners["average"] = average

    def step(x, y):
        loss = train(x, y)
        average.update_parameters(owners["model"])
        return loss

    if has_started:
        step(torch.tensor(X), torch.tensor(Y))
    pure = functionalize(step, X, Y, certify=1, **owners)
    state, _ = pure.scan(pure.state(), *STACKED)
    for _ in range(STEPS):
        step(torch.tensor(X), torch.tensor(Y))
    assert_same(state, owners)


def test_what_the_twins_replace_is_back_afterwards():
    owners, step = scaled("sgd")
    originals = torch.amp.GradScaler.step, torch._random.dropout_mask, torch.optim.lr_scheduler.LRScheduler._set
    functionalize(step, X, Y, certify=0, **owners)
    with pytest.raises(FunctionalizationError):
        functionalize(lambda x: x.sum().item(), X)
    assert (torch.amp.GradScaler.step, torch._random.dropout_mask) == originals[:2]
    assert torch.optim.lr_scheduler.LRScheduler._set is originals[2]
