"""PyTorch's own learning rates and momenta under the schedules of `schedule_cases.py`; imports the real torch."""

import torch
from schedule_cases import BASE_LR, SCHEDULES, STEPS


def all_values() -> dict[str, dict[str, list[float]]]:
    """For each case the rates step by step, their closed form if there is one, and the momenta if they move."""
    return {name: values_of(*case) for name, case in SCHEDULES.items()}


def values_of(kind: str, options: dict) -> dict[str, list[float]]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE_LR, momentum=0.9)
    scheduler = getattr(torch.optim.lr_scheduler, kind)(optimizer, **options)
    group, values = optimizer.param_groups[0], {"lr": [], "closed": [], "momentum": []}
    for _ in range(STEPS):
        values["lr"].append(group["lr"])
        values["momentum"].append(group["momentum"])
        if hasattr(scheduler, "_get_closed_form_lr"):
            values["closed"] += scheduler._get_closed_form_lr()
        optimizer.step()
        scheduler.step()
    if len(set(values["momentum"])) == 1:
        values["momentum"].clear()
    return values
