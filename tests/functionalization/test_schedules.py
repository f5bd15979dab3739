"""Schedules: whatever a scheduler will set is part of the state."""

import jax
import numpy as np
import pytest
from functionalized_proofs import assert_same
from small_steps import X, Y, build

import funcgrad.torch as torch
from funcgrad import functionalize
from funcgrad.functionalization import FunctionalizationError

lr = torch.optim.lr_scheduler
STEPS = 7


def sequential(optimizer):
    parts = [lr.LinearLR(optimizer, 0.1, total_iters=3), lr.CosineAnnealingLR(optimizer, 3)]
    return lr.SequentialLR(optimizer, parts, milestones=[3])


SCHEDULERS = {
    "StepLR": lambda o: lr.StepLR(o, 2, 0.5),
    "LambdaLR": lambda o: lr.LambdaLR(o, lambda epoch: 1.0 if epoch < 3 else 0.9**epoch),
    "MultiplicativeLR": lambda o: lr.MultiplicativeLR(o, lambda epoch: 0.95),
    "OneCycleLR": lambda o: lr.OneCycleLR(o, max_lr=0.1, total_steps=STEPS),
    "CyclicLR": lambda o: lr.CyclicLR(o, 0.01, 0.1, step_size_up=2, cycle_momentum=False),
    "CosineAnnealingWarmRestarts": lambda o: lr.CosineAnnealingWarmRestarts(o, 2, 2),
    "SequentialLR": sequential,
    "ChainedScheduler": lambda o: lr.ChainedScheduler([lr.ExponentialLR(o, 0.9), lr.ConstantLR(o, 0.5, 2)]),
    "SWALR": lambda o: torch.optim.swa_utils.SWALR(o, 0.05, anneal_epochs=3),
}


def scheduled(make, optimizer="adam"):
    owners, train = build("linear", optimizer, "zero_last")
    scheduler = make(owners["optimizer"])

    def step(x, y):
        loss = train(x, y)
        scheduler.step()
        return loss

    return owners | {"scheduler": scheduler}, step


@pytest.mark.parametrize("name", SCHEDULERS)
def test_any_scheduler(name):
    owners, step = scheduled(SCHEDULERS[name])
    pure = functionalize(step, X, Y, certify=0, **owners)
    group = owners["optimizer"].param_groups[0]
    state, rates, betas = pure.state(), [], []
    expected_rates, expected_betas = [], []
    for _ in range(STEPS):
        state, _ = pure(state, X, Y)
        rates.append(float(state["optimizer"]["groups.0.lr"]))
        betas.append(float(state["optimizer"].get("groups.0.betas.0", 0.9)))
    for _ in range(STEPS):
        step(torch.tensor(X), torch.tensor(Y))
        expected_rates.append(group["lr"])
        expected_betas.append(group["betas"][0])
    assert rates == expected_rates  # bit for bit
    assert betas == expected_betas
    assert_same(state, owners)


def test_load_brings_the_scheduler_along():
    owners, step = scheduled(SCHEDULERS["StepLR"])
    pure = functionalize(step, X, Y, **owners)
    state, _ = pure.scan(pure.state(), np.stack([X] * 3), np.stack([Y] * 3))
    pure.load(state)
    assert owners["scheduler"].last_epoch == 3
    assert owners["scheduler"].get_last_lr() == [0.005]
    assert int(pure.state()["scheduler"]["step"]) == 3
    state, _ = pure.scan(pure.state(), X[None], Y[None])
    assert float(state["optimizer"]["groups.0.lr"]) == 0.0025


def test_a_schedule_that_is_not_written_down_is_refused_and_never_guessed():
    owners, step = scheduled(SCHEDULERS["StepLR"])
    pure = functionalize(step, X, Y, certify=0, horizon=2, **owners)
    text = r"'scheduler' is written down for 2 steps, but the state would reach step 3. Pass a larger horizon"
    with pytest.raises(FunctionalizationError, match=text):
        pure.scan(pure.state(), np.stack([X] * 3), np.stack([Y] * 3))
    state = pure.state()
    for _ in range(3):
        state, _ = jax.jit(pure)(state, X, Y)
    assert np.isnan(state["optimizer"]["groups.0.lr"])  # a caller's own jit cannot be told


def test_a_scheduler_that_was_stepped_elsewhere_is_refused():
    owners, step = scheduled(SCHEDULERS["StepLR"])
    pure = functionalize(step, X, Y, certify=0, **owners)
    step(torch.tensor(X), torch.tensor(Y))
    with pytest.raises(FunctionalizationError, match=r"was stepped outside the pure step.*Functionalize again"):
        pure.state()


def test_a_scheduler_must_be_an_owner_with_its_optimizer():
    owners, step = scheduled(SCHEDULERS["CosineAnnealingWarmRestarts"])
    scheduler = owners.pop("scheduler")
    with pytest.raises(FunctionalizationError, match=r"CosineAnnealingWarmRestarts is stepped inside.*Pass it"):
        functionalize(step, X, Y, **owners)
    with pytest.raises(FunctionalizationError, match=r"optimizer belongs to no owner. Pass it too"):
        functionalize(step, X, Y, model=owners["model"], scheduler=scheduler)


def test_two_schedulers_of_one_optimizer_are_refused():
    owners, step = scheduled(SCHEDULERS["StepLR"])
    second = lr.ExponentialLR(owners["optimizer"], 0.9)
    with pytest.raises(FunctionalizationError, match=r"two schedulers move one optimizer.*ChainedScheduler"):
        functionalize(step, X, Y, second=second, **owners)


def test_a_scheduler_that_looks_at_a_metric_is_refused():
    owners, step = scheduled(lr.ReduceLROnPlateau)
    with pytest.raises(FunctionalizationError, match=r"decides by the value of a metric.*write the new rate into the"):
        functionalize(step, X, Y, **owners)
