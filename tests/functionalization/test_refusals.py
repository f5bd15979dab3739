"""Refusals: what no pure function could do is refused, at the user's line."""

import random

import numpy as np
import pytest
from small_steps import X, Y, build, stateful_losses

import funcgrad.torch as torch
from funcgrad import functionalize
from funcgrad.functionalization import FunctionalizationError

nn = torch.nn


def refused(step, text, *example, kind=FunctionalizationError, **owners):
    with pytest.raises(kind, match=text):
        functionalize(step, *(example or (X,)), **owners)


LOOKS = {
    "item": lambda y: y.sum().item(),
    "branch": lambda y: bool(y.sum() > 0),
    "numpy": lambda y: y.detach().numpy(),
    "print": lambda y: print(y),
    "shape": lambda y: y[y > 0],
}


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_at_a_value_is_refused_with_its_line(look):
    model = nn.Linear(3, 1)
    line = r"(?s)the step looks at a value.*Return the tensor.*test_refusals\.py:\d+: .*lambda y"
    refused(lambda x: LOOKS[look](model(x)), line, model=model)


@pytest.mark.parametrize("look", [lambda x, w: float(x[0, 0]), lambda x, w: x.numpy(), lambda x, w: w.tolist()])
def test_a_look_at_an_argument_or_at_a_parameter_is_refused(look):
    model = nn.Linear(3, 1)
    refused(lambda x: look(x, model.weight), r"(?s)looks at a value.*test_refusals.py", model=model)


def test_an_optimizer_that_looks_is_refused():
    model = nn.Linear(3, 1)
    optimizer = torch.optim.LBFGS(model.parameters())
    text = r"'optimizer' is an LBFGS, which decides by the values.*Step it outside, or use optax.lbfgs"
    refused(lambda x: optimizer.step(lambda: model(x).sum()), text, model=model, optimizer=optimizer)


@pytest.mark.parametrize(
    "draw, stream",
    [
        (lambda: torch.empty(6, 3).cauchy_(), "torch's stream"),
        (lambda: torch.tensor(np.random.rand(6, 3)), "numpy.random"),
        (lambda: random.random(), "Python's random"),
    ],
)
def test_random_numbers_of_the_host_are_refused(draw, stream):
    model = nn.Linear(3, 1)
    refused(lambda x: (model(x) + draw()).sum(), f"on the host .{stream}.*pass them as arguments", model=model)


def test_a_mask_that_the_host_rearranges_is_refused():
    model = nn.LSTM(3, 2, num_layers=2, dropout=0.5)

    def step(x):
        packed = nn.utils.rnn.pack_padded_sequence(x.unsqueeze(1), [6])
        return model(packed)[1][0].sum()

    refused(step, "dropout_mask. that the host rearranges.*Pad the sequences", model=model)


def test_a_tensor_without_an_owner_is_refused_at_its_line():
    model, total = nn.Linear(3, 1), torch.zeros(())

    def step(x):
        total.add_(model(x).detach().sum())

    text = r"(?s)changes a tensor of shape \[\] that belongs to no owner.*register it as a buffer.*total\.add_"
    refused(step, text, model=model)


def test_an_optimizer_that_was_not_named_is_refused():
    owners, step = build("linear", "momentum", "zero_first")
    stateful_losses(step, 1)
    refused(step, r"belongs to no owner. Pass what holds it", X, Y, model=owners["model"])


def test_a_tensor_that_stays_from_one_step_to_the_next_is_refused():
    model = nn.RNN(3, 3)
    hidden = [None]

    def step(x):
        y, h = model(x, hidden[0])
        hidden[0] = h.detach()
        return y.sum()

    refused(step, r"(?s)that an earlier step computed.*return it from the step.*model\(x, hidden", model=model)


@pytest.mark.parametrize(
    "change, text",
    [
        (lambda x, n: x * n, "A number is 1 once and 2 next"),
        (lambda x, n: x + 1 if n % 2 else x * x, "Where it has 'add' once, it has 'mul' next"),
        (lambda x, n: x.relu().exp() if n > 1 else x.relu(), "It has 2 operations, then 3"),
    ],
)
def test_a_step_that_counts_in_python_is_refused(change, text):
    calls = []

    def step(x):
        calls.append(1)
        return change(x, len(calls))

    refused(step, rf"not the same in every step: something that Python counts.*{text}")


def test_owners_are_what_holds_state():
    refused(lambda x: x, "'data' is a list; the owners of a step's state are", kind=TypeError, data=[])
    refused(lambda x: x, "an owner cannot be called 'grad'", kind=ValueError, grad=nn.Linear(1, 1))
    refused(lambda x: x, "an owner cannot be called 'random'", kind=ValueError, random=nn.Linear(1, 1))
