"""Every scheduler against the real PyTorch's, bit for bit: rates, momenta, options of the group, state."""

import copy
import inspect
import warnings

import numpy as np
import pytest
import torch as real
from torch_lr_schedulers import MADE, optimizer_of, trajectory

import funcgrad.torch as shim

every_scheduler = pytest.mark.parametrize("name", MADE)
NAMES = [*real.optim.lr_scheduler.__all__, "_LRScheduler"]


def plain(state):
    """A state in which only values matter: what the face does not need to keep is left out."""
    return {key: value for key, value in state.items() if not key.startswith("_scale_fn_")}


@every_scheduler
def test_50_steps_are_equal_to_the_last_bit(name):
    expected, actual = trajectory(real, name), trajectory(shim, name)
    for key in ("lr", "momentum", "closed", "options"):
        assert actual[key] == expected[key], key


@every_scheduler
def test_state_dict(name):
    expected, actual = trajectory(real, name, 7)["state"], trajectory(shim, name, 7)["state"]
    assert plain(actual) == plain(expected)


@every_scheduler
def test_beta1_stands_for_momentum(name):
    expected, actual = trajectory(real, name, 12, kind="Adam"), trajectory(shim, name, 12, kind="Adam")
    assert actual["momentum"] == expected["momentum"]
    assert actual["lr"] == expected["lr"]


@pytest.mark.parametrize("name", ["step", "cosine", "linear", "one_cycle", "triangular2", "sequential", "chained"])
def test_a_learning_rate_that_is_a_tensor(name):
    expected = trajectory(real, name, 8, lr=real.tensor(0.1, dtype=real.float64))
    actual = trajectory(shim, name, 8, lr=shim.tensor(0.1, dtype=shim.float64))
    np.testing.assert_allclose(actual["lr"], expected["lr"], rtol=1e-15)  # XLA may round a product otherwise


@pytest.mark.parametrize(
    "kind", ["StepLR", "ConstantLR", "LinearLR", "ExponentialLR", "PolynomialLR", "CosineAnnealingLR"]
)
@pytest.mark.parametrize("last_epoch", [0, 2, 5])
def test_resuming_by_last_epoch(kind, last_epoch):
    options = {"StepLR": {"step_size": 3}, "ExponentialLR": {"gamma": 0.9}, "CosineAnnealingLR": {"T_max": 4}}
    rates = {}
    for torch in (real, shim):
        optimizer = optimizer_of(torch)
        optimizer.param_groups[0]["initial_lr"] = 0.4
        scheduler = getattr(torch.optim.lr_scheduler, kind)(optimizer, **options.get(kind, {}), last_epoch=last_epoch)
        rates[torch] = [scheduler.get_last_lr()]
        for _ in range(6):
            optimizer.step()
            scheduler.step()
            rates[torch].append(scheduler.get_last_lr())
    assert rates[shim] == rates[real]


@every_scheduler
def test_load_state_dict_of_pytorchs_own_state(name):
    """A state that PyTorch saved goes on here as it does there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        states = {}
        for torch in (real, shim):
            optimizer = optimizer_of(torch)
            scheduler = MADE[name](torch, optimizer)
            state = copy.deepcopy(states.get("saved") or MADE[name](real, optimizer_of(real)).state_dict())
            states["saved"] = copy.deepcopy(state)
            scheduler.load_state_dict(state)
            rates = []
            for _ in range(9):
                optimizer.step()
                scheduler.step()
                rates.append(scheduler.get_last_lr())
            states[torch] = rates
    assert states[shim] == states[real]


@pytest.mark.parametrize("kind", ["StepLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "LambdaLR"])
def test_going_to_an_epoch(kind):
    options = {
        "StepLR": {"step_size": 3},
        "CosineAnnealingLR": {"T_max": 4},
        "CosineAnnealingWarmRestarts": {"T_0": 2, "T_mult": 3},
        "LambdaLR": {"lr_lambda": lambda step: 1 / (1 + step)},
    }
    rates = {}
    for torch in (real, shim):
        optimizer = optimizer_of(torch)
        scheduler = getattr(torch.optim.lr_scheduler, kind)(optimizer, **options[kind])
        rates[torch] = []
        for epoch in (7, 3, 11, 1, 26, 2):
            optimizer.step()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                scheduler.step(epoch)
            rates[torch].append(scheduler.get_last_lr())
            optimizer.step()
            scheduler.step()
            rates[torch].append(scheduler.get_last_lr())
    assert rates[shim] == rates[real]


@pytest.mark.parametrize(
    "options",
    [
        {"patience": 2},
        {"mode": "max", "patience": 1, "cooldown": 2, "factor": 0.5},
        {"patience": 0, "threshold": 0.05, "threshold_mode": "abs", "min_lr": 0.01},
        {"mode": "max", "patience": 0, "threshold_mode": "abs"},
    ],
)
def test_plateau(options):
    metrics = [1.0, 0.9, 0.95, 0.9, 0.91, 0.92, 0.5, 0.5, 0.49, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, float("nan"), 0.1, 0.1]
    seen = {}
    for torch in (real, shim):
        optimizer = optimizer_of(torch)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
        seen[torch] = []
        for metric in metrics:
            scheduler.step(torch.tensor(metric))
            state = scheduler.state_dict()
            seen[torch].append((optimizer.param_groups[0]["lr"], {k: str(v) for k, v in state.items()}))
    assert seen[shim] == seen[real]


@pytest.mark.parametrize("name", NAMES)
def test_signatures(name):
    expected = inspect.signature(getattr(real.optim.lr_scheduler, name)).parameters.values()
    actual = inspect.signature(getattr(shim.optim.lr_scheduler, name)).parameters.values()
    assert [(p.name, p.default, p.kind) for p in actual] == [(p.name, p.default, p.kind) for p in expected]
