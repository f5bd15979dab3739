"""Learning-rate schedulers: recorded rates of every law, and schedulers of one's own."""

import json

import pytest
from scenarios import RECORDED
from schedule_cases import BASE_LR, SCHEDULES, STEPS

import funcgrad.torch as torch

RATES = json.loads((RECORDED / "schedules.json").read_text())


@pytest.mark.parametrize("name", SCHEDULES)
def test_rates_are_equal_to_the_last_bit(name):
    kind, options = SCHEDULES[name]
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE_LR, momentum=0.9)
    scheduler = getattr(torch.optim.lr_scheduler, kind)(optimizer, **options)
    rates, momenta = [], []
    for _ in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        momenta.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        scheduler.step()
    assert rates == RATES[name]["lr"]
    assert momenta == (RATES[name]["momentum"] or momenta)


def test_a_scheduler_of_ones_own():
    class Falling(torch.optim.lr_scheduler.LRScheduler):
        def get_lr(self):
            return [base_lr / (1 + self.last_epoch) for base_lr in self.base_lrs]

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = Falling(optimizer)
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] == 0.5
    assert scheduler.get_last_lr() == [0.5]


def test_a_learning_rate_that_is_a_tensor_is_set_in_place():
    lr = torch.tensor(1.0)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] is lr
    assert lr.item() == 0.5
    assert scheduler.base_lrs[0].item() == 1.0
