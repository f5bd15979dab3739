"""Schedulers on a small optimizer, for either torch: the real one or the face."""

import warnings
from typing import Any

from schedule_cases import BASE_LR, SCHEDULES

STEPS = 50
ONE_CYCLES = {"one_cycle", "one_cycle_linear", "one_cycle_three"}


class Halving:
    """A factor with a state of its own."""

    def __init__(self):
        self.rate = 0.5

    def __call__(self, step):
        return self.rate ** (step / 7)


def _law(kind: str, **options: Any) -> Any:
    return lambda torch, optimizer: getattr(torch.optim.lr_scheduler, kind)(optimizer, **options)


def _sequential(torch, optimizer):
    lr = torch.optim.lr_scheduler
    parts = [lr.LinearLR(optimizer, 0.1, total_iters=3), lr.CosineAnnealingLR(optimizer, 5)]
    return lr.SequentialLR(optimizer, [*parts, lr.ExponentialLR(optimizer, 0.9)], [3, 20])


def _nested(torch, optimizer):
    lr = torch.optim.lr_scheduler
    inner = lr.SequentialLR(optimizer, [lr.ConstantLR(optimizer, 0.5, 2), lr.StepLR(optimizer, 4)], [6])
    return lr.SequentialLR(optimizer, [inner, lr.PolynomialLR(optimizer, 12, 2.0)], [15])


def _from_the_first_milestone(torch, optimizer):
    lr = torch.optim.lr_scheduler
    return lr.SequentialLR(optimizer, [lr.ConstantLR(optimizer), lr.ExponentialLR(optimizer, 0.9)], [0])


def _chained(torch, optimizer):
    lr = torch.optim.lr_scheduler
    parts = [lr.ConstantLR(optimizer, 0.1, 4), lr.ExponentialLR(optimizer, 0.9), lr.StepLR(optimizer, 6)]
    return lr.ChainedScheduler(parts)


def _averaging(torch, optimizer, **options):
    return torch.optim.swa_utils.SWALR(optimizer, swa_lr=0.02, **options)


MADE: dict[str, Any] = {
    **{name: _law(kind, **options) for name, (kind, options) in SCHEDULES.items() if name not in ONE_CYCLES},
    "one_cycle": _law("OneCycleLR", max_lr=1.0, total_steps=60),
    "one_cycle_epochs": _law("OneCycleLR", max_lr=[0.5], epochs=6, steps_per_epoch=10, anneal_strategy="linear"),
    "one_cycle_three": _law("OneCycleLR", max_lr=0.5, total_steps=55, pct_start=0.4, three_phase=True),
    "one_cycle_alone": _law("OneCycleLR", max_lr=0.5, total_steps=50, cycle_momentum=False, div_factor=3.0),
    "lambda": _law("LambdaLR", lr_lambda=lambda step: 0.93**step),
    "lambda_object": _law("LambdaLR", lr_lambda=[Halving()]),
    "multiplicative": _law("MultiplicativeLR", lr_lambda=lambda step: 0.95 + 0.001 * step),
    "cyclic_odd": _law("CyclicLR", base_lr=0.01, max_lr=0.3, step_size_up=15, step_size_down=7),
    "cyclic_scale": _law("CyclicLR", base_lr=0.01, max_lr=0.3, step_size_up=6, scale_fn=lambda x: 1 / x),
    "cyclic_scale_object": _law(
        "CyclicLR", base_lr=0.01, max_lr=0.3, step_size_up=6, scale_fn=Halving(), scale_mode="iterations"
    ),
    "cyclic_alone": _law("CyclicLR", base_lr=0.01, max_lr=0.3, step_size_up=6, cycle_momentum=False),
    "sequential": _sequential,
    "nested": _nested,
    "sequential_late": _from_the_first_milestone,
    "chained": _chained,
    "averaging": _averaging,
    "averaging_linear": lambda torch, o: _averaging(torch, o, anneal_strategy="linear", anneal_epochs=4),
    "averaging_at_once": lambda torch, o: _averaging(torch, o, anneal_epochs=0),
}


def optimizer_of(torch, kind: str = "SGD", lr: Any = BASE_LR):
    """An optimizer of one parameter, with a momentum that schedulers can move."""
    parameter = torch.zeros(1, requires_grad=True)
    if kind == "SGD":
        return torch.optim.SGD([parameter], lr=lr, momentum=0.9)
    return getattr(torch.optim, kind)([parameter], lr=lr)


def trajectory(torch, name: str, steps: int = STEPS, **options: Any) -> dict[str, Any]:
    """Learning rates, momenta and the last state of a scheduler."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        optimizer = optimizer_of(torch, **options)
        scheduler = MADE[name](torch, optimizer)
        group, rates, momenta = optimizer.param_groups[0], [], []
        for _ in range(steps):
            rates.append([float(group["lr"]), *map(float, scheduler.get_last_lr())])
            momenta.append(group["betas"][0] if "betas" in group else group["momentum"])
            optimizer.step()
            scheduler.step()
        closed = scheduler._get_closed_form_lr() if hasattr(scheduler, "_get_closed_form_lr") else []
        options = {key: value for key, value in group.items() if key != "params"}
        return {"lr": rates, "momentum": momenta, "closed": closed, "options": options, "state": scheduler.state_dict()}
