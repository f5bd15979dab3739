"""What a well-formed trace is: traces of models are, and each claim refuses a trace that is not."""

import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad.trace import Equation, Op, aval_of, constant, current, recording, synchronize
from funcgrad.trace.record import Step
from funcgrad.trace.verify import RULES, IllFormedTraceError, verify

HALF = Op("half", lambda x: x / 2)
TIMES = Op("times", lambda x, n, *, by: x * n.value * by)
PAIR = aval_of((2,), np.dtype(np.float32))
WIDE = aval_of((3,), np.dtype(np.float32))


def mlp():
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    x, y = torch.randn(5, 4), torch.tensor([0, 1, 2, 0, 1])
    return model, lambda: torch.nn.functional.cross_entropy(model(x), y)


def regression():
    model = torch.nn.Linear(3, 1)
    x = torch.ones(6, 3)
    return model, lambda: (model(x)[1:, 0].exp() * 0.5 - x[1:].t().reshape(-1)[:5]).pow(2).mean()


def tied():
    model = torch.nn.Linear(3, 3)
    x = torch.ones(2, 3)

    def loss():
        hidden = model(x)
        hidden[0] = 2.0
        hidden.mul_(torch.tanh(model(x)))
        return hidden.max(1).values.sum() + hidden.unbind(0)[1].norm()

    return model, loss


@pytest.mark.parametrize("build", [mlp, regression, tied])
def test_training_steps_are_well_formed(build, monkeypatch):
    model, loss_of = build()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    synchronize("test")
    seen = []
    for _ in range(3):
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        optimizer.step()
        verify(current())
        seen.append(len(current().results))
        loss.item()
    assert min(seen) > 10


def path_of(*steps):
    """A trace whose path is made by hand."""
    with recording("") as trace:
        pass
    for admits, equation in steps:
        trace.step = Step(trace.step, equation, admits)
        if admits is not None:
            trace.inputs.append(constant(np.zeros(admits.shape, admits.dtype)))
        else:
            trace.results += [None] * len(equation.results)
    return trace


def test_a_trace_made_by_hand_is_well_formed():
    verify(path_of((PAIR, None), (None, Equation(HALF, (), (-1,), (PAIR,), (PAIR,)))))


WRONG = {
    "has a value for each static parameter": Equation(HALF, (1,), (-1,), (PAIR,), (PAIR,)),
    "has static parameters that can be a key": None,  # an unhashable one; hash() says so itself
    "states a shape for each operand": Equation(HALF, (), (-1,), (), (PAIR,)),
    "has indices and kinds of numbers for operands": Equation(HALF, (), (-1,), (None,), (PAIR,)),
    "uses only what stands before it": Equation(HALF, (), (0,), (PAIR,), (PAIR,)),
    "states its operands' shapes and dtypes": Equation(HALF, (), (-1,), (WIDE,), (WIDE,)),
    "states its results' shapes and dtypes": Equation(HALF, (), (-1,), (PAIR,), (WIDE,)),
}


@pytest.mark.parametrize("claim", [claim for claim, equation in WRONG.items() if equation])
def test_each_claim_refuses_an_equation_that_breaks_it(claim):
    with pytest.raises(IllFormedTraceError, match=f"an equation {claim}, but this one does not"):
        verify(path_of((PAIR, None), (None, WRONG[claim])))


def test_an_unhashable_static_parameter_is_refused():
    with pytest.raises(TypeError, match="unhashable"):
        verify(path_of((PAIR, None), (None, Equation(TIMES, ([],), (-1, float), (PAIR, None), (PAIR,)))))


def test_every_claim_is_tested():
    assert {rule.claim for rule in RULES} == set(WRONG)


@pytest.mark.parametrize(
    "spoil, what",
    [
        (lambda t: t.floats.append(1.0), "floats"),
        (lambda t: t.ints.append(1), "ints"),
        (lambda t: t.inputs.pop(), "inputs"),
        (lambda t: t.results.append(None), "number of results"),
        (lambda t: setattr(t.results[0], "index", 5), "numbering of results"),
        (lambda t: setattr(t.results[0], "aval", WIDE), "results"),
    ],
)
def test_data_that_is_not_the_equations_is_refused(spoil, what):
    with recording("") as trace:
        kept = trace.record(HALF, (), [constant(np.zeros(2, np.float32))])
        spoil(trace)
        with pytest.raises(IllFormedTraceError, match=f"the {what} of the trace"):
            verify(trace)
    assert kept
