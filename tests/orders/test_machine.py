"""The machine against the stateful face: loops written out, call by call, in many orders."""

import itertools
import random

import jax
import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad.orders.machine import DECAY, ERRORS, EVENTS, LIMIT, SCALER
from funcgrad.orders.sweep import batches, explore, first_params
from funcgrad.trace import EAGER, LONGEST, set_longest

STEPS = 3
TEXTS = {
    "cannot access local variable": 1,
    "modified by an inplace operation": 2,
    "unscale_() has already been called": 3,
    "unscale_() is being called after step()": 4,
    "step() has already been called": 5,
    "No inf checks were recorded for this optimizer": 6,
    "No inf checks were recorded prior to update": 7,
    "_scale is None": 8,
}
MOMENTUM = ("zero_grad", "forward", "backward", "step")
CLIPPED = ("zero_grad", "forward", "backward", "clip", "step", "scheduler.step")


@pytest.fixture(autouse=True)
def eager():
    set_longest(EAGER)
    yield
    set_longest(LONGEST)


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        for name, value in first_params().items():
            setattr(self, name, torch.nn.Parameter(torch.tensor(np.asarray(value))))

    def forward(self, x):
        return torch.tanh(x @ self.w1 + self.b1) @ self.w2 + self.b2


def stateful(order):
    """Parameters after each iteration of a loop on the face, and the number of the error that stops it."""
    model = Network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, DECAY)
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2, enabled=not SCALER.isdisjoint(order))
    rows = []

    def train():
        for x, y in zip(*batches(STEPS), strict=True):
            for event in order:
                if event == "forward":
                    loss = torch.nn.functional.mse_loss(model(torch.tensor(np.asarray(x))), torch.tensor(np.asarray(y)))
                elif event == "backward":
                    scaler.scale(loss).backward()
                else:
                    calls[event]()
            rows.append(jax.tree.leaves({name: p.detach().numpy().copy() for name, p in model.named_parameters()}))

    calls = {
        "zero_grad": optimizer.zero_grad,
        "unscale_": lambda: scaler.unscale_(optimizer),
        "clip": lambda: torch.nn.utils.clip_grad_norm_(model.parameters(), LIMIT),
        "step": lambda: scaler.step(optimizer),
        "scheduler.step": scheduler.step,
        "update": scaler.update,
    }
    try:
        train()
    except (UnboundLocalError, RuntimeError, AssertionError) as error:
        return None, next(number for text, number in TEXTS.items() if text in str(error))
    return np.array([np.concatenate([leaf.ravel() for leaf in row]) for row in rows]), 0


def assert_as_stateful(classes, orders):
    of = {order: each for each in classes for order in each.orders}
    for order in orders:
        params, error = stateful(order)
        assert of[order].error == ERRORS[error], order
        if not error:
            np.testing.assert_allclose(of[order].params, params, rtol=2e-4, atol=2e-5, err_msg=str(order))


@pytest.mark.filterwarnings("ignore:Detected call of")
@pytest.mark.parametrize("events", [MOMENTUM, CLIPPED, EVENTS], ids=len)
def test_orders_of_the_machine_are_those_of_the_face(events):
    classes = explore(events, steps=STEPS)
    every = list(itertools.permutations(events))
    random.seed(0)
    chosen = every if len(every) <= 24 else [random.choice(each.orders) for each in classes for _ in range(2)]
    assert_as_stateful(classes, chosen)
