"""funcgrad's values under the schedules of `schedule_cases.py`."""

from schedule_cases import BASE_LR, SCHEDULES

from funcgrad.optim import schedules
from funcgrad.optim.schedules import Schedule

FUNCTIONS = {
    "StepLR": schedules.step_lr,
    "MultiStepLR": schedules.multi_step_lr,
    "ConstantLR": schedules.constant_lr,
    "LinearLR": schedules.linear_lr,
    "ExponentialLR": schedules.exponential_lr,
    "PolynomialLR": schedules.polynomial_lr,
    "CosineAnnealingLR": schedules.cosine_annealing_lr,
    "CosineAnnealingWarmRestarts": schedules.cosine_annealing_warm_restarts,
    "OneCycleLR": schedules.one_cycle_lr,
    "CyclicLR": schedules.cyclic_lr,
}


def schedule_of(case: str) -> Schedule:
    """The schedule of a case, from the base learning rate."""
    kind, options = SCHEDULES[case]
    base = {} if kind in ("OneCycleLR", "CyclicLR") else {"base_lr": BASE_LR}
    return FUNCTIONS[kind](**base, **options)


def advanced(schedule: Schedule, steps: int) -> list[float]:
    """The values of a schedule by its chained form."""
    values = [schedule.advance(0, BASE_LR)]
    for step in range(1, steps):
        values.append(schedule.advance(step, values[-1]))
    return values
