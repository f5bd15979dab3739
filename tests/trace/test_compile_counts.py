"""How many programs a training loop compiles: a few, however long it runs and whatever its numbers are."""

from importlib import import_module

import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad.trace import LONGEST, break_even, forget, set_longest, stats, synchronize
from funcgrad.trace.program import compile_program

STEPS = 500
AT_MOST = 3


@pytest.fixture
def compiled():
    """A function that tells how many programs were compiled since the test began."""
    synchronize("test")
    forget()  # the programs of the tests before: past a thousand, all would be dropped in the middle of this one
    before = stats.programs

    def count():
        synchronize("test")
        return stats.programs - before

    return count


def why_zero_grad(steps):
    """Post 1: one weight, one bias, a new random input at each step."""
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(steps):
        x = torch.randn(1)
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(x), x).backward()
        optimizer.step()


def autograd_by_hand(steps):
    """Post 2: two matrices, updates by hand."""
    x, y = torch.randn(8, 20), torch.randn(8, 3)
    w1, w2 = torch.randn(20, 10, requires_grad=True), torch.randn(10, 3, requires_grad=True)
    for t in range(1, steps + 1):
        loss = (x.mm(w1).clamp(min=0).mm(w2) - y).pow(2).sum()
        if t % 100 == 0:
            assert np.isfinite(loss.item())
        loss.backward()
        with torch.no_grad():
            w1 -= 1e-6 * w1.grad
            w2 -= 1e-6 * w2.grad
            w1.grad.zero_()
            w2.grad.zero_()


def sgd_options(steps):
    """Post 3: momentum, weight decay, nesterov."""
    model = torch.nn.Linear(10, 1)
    x, y = torch.randn(1, 10), torch.randn(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4, nesterov=True)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()


@pytest.mark.parametrize("loop", [why_zero_grad, autograd_by_hand, sgd_options])
def test_a_loop_compiles_a_few_programs(loop, compiled):
    loop(STEPS)
    again = compiled()
    assert again <= AT_MOST
    loop(STEPS)
    assert compiled() == again


def test_a_loop_that_looks_at_every_loss_compiles_a_few_programs(compiled):
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(50):
        optimizer.zero_grad()
        loss = model(torch.ones(2, 3)).pow(2).mean()
        loss.backward()
        optimizer.step()
        loss.item()
    assert compiled() <= AT_MOST


def test_a_learning_rate_that_changes_compiles_nothing(compiled):
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    def loop(rates):
        for rate in rates:
            optimizer.param_groups[0]["lr"] = rate
            optimizer.zero_grad()
            model(torch.ones(2, 3)).pow(2).mean().backward()
            optimizer.step()

    for _ in range(3):  # what precedes the first step is compiled when it is seen again
        loop([0.1] * 10)
        before = compiled()
    loop(np.linspace(0.1, 0.001, 40).tolist())
    assert compiled() == before


def test_a_loop_counter_compiles_nothing(compiled):
    x = torch.ones(3)

    def loop(numbers):
        for k in numbers:
            (x * k + k / 2).tolist()

    loop(range(3))
    before = compiled()
    loop(range(3, 40))
    assert compiled() == before


def test_two_batch_shapes_in_turn_compile_twice_as_many(compiled):
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    batches = torch.ones(8, 3), torch.ones(5, 3)

    def loop(steps):
        for k in range(steps):
            optimizer.zero_grad()
            model(batches[k % 2]).pow(2).mean().backward()
            optimizer.step()

    loop(10)
    assert compiled() <= 2 * AT_MOST
    before = compiled()
    loop(100)
    assert compiled() == before


def test_hooks_and_retained_gradients_compile_a_few_programs(compiled):
    w = torch.ones(4, requires_grad=True)
    w.register_hook(lambda g: g * 0.5)
    for _ in range(30):
        y = w * 2
        y.retain_grad()
        y.pow(2).sum().backward()
        w.grad = None
    assert compiled() <= AT_MOST


def watched_adam(steps):
    """A look at the loss in every step; the second moments begin in the first one."""
    model = torch.nn.Linear(10, 1)
    x, y = torch.randn(4, 10), torch.randn(4, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        assert np.isfinite(loss.item())


def test_a_first_step_has_the_program_of_later_ones(compiled):
    watched_adam(1)
    first = compiled()
    watched_adam(5)
    assert compiled() == first
    forget()
    watched_adam(5)
    assert compiled() == 2 * first


def deep_adam(steps, look):
    """A model of many operators; some of its losses are looked at."""
    model = torch.nn.Sequential(*[torch.nn.Linear(4, 4) for _ in range(12)])
    x = torch.randn(2, 4)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for step in range(steps):
        optimizer.zero_grad()
        loss = model(x).pow(2).mean()
        loss.backward()
        optimizer.step()
        batch = (x + step).sum()  # what is recorded after the step has a program of its own
        if look(step):
            assert np.isfinite(loss.item() + batch.item())


@pytest.mark.parametrize("look", [lambda step: step == 0, lambda step: step % 12 == 11, lambda step: True])
def test_a_large_step_has_one_program_wherever_it_is_looked_at(look, monkeypatch):
    large = []
    monkeypatch.setattr(import_module("funcgrad.trace.choice"), "compile_program", noting_large(large))
    forget()
    deep_adam(30, look)
    assert len(large) == 1


def noting_large(large):
    """`compile_program`, which notes the traces that hold an optimizer's step."""

    def compiling(step, wanted, given, shared):
        if any(s.equation is not None and s.equation.op.name == "Adam_step" for s in step.path()):
            large.append(step)
        return compile_program(step, wanted, given, shared)

    return compiling


def noting_lengths(lengths):
    """`compile_program`, which notes how many equations it compiles."""

    def compiling(step, wanted, given, shared):
        lengths.append(step.equations)
        return compile_program(step, wanted, given, shared)

    return compiling


@pytest.fixture
def lengths(monkeypatch):
    """Equations of each program that is compiled during the test."""
    noted = []
    monkeypatch.setattr(import_module("funcgrad.trace.choice"), "compile_program", noting_lengths(noted))
    synchronize("test")
    forget()
    return noted


def test_a_loop_that_nobody_looks_into_runs_one_small_program_many_times(lengths):
    x = torch.ones(3)
    for _ in range(5000):
        x = x * 0.999 + 0.001
    assert x[0].item() == pytest.approx(1.0)
    assert max(lengths) <= 128
    assert len(lengths) <= AT_MOST


def test_a_recurrence_written_as_a_loop_is_compiled_in_pieces(lengths, monkeypatch):
    monkeypatch.setattr(import_module("funcgrad.trace.flush"), "WITH_GRAPH", 130)
    monkeypatch.setattr(break_even.Cost, "runs", 1)
    w = torch.full((2,), 0.5, requires_grad=True)

    def loop(times):
        for _ in range(times):
            h = torch.zeros(2)
            for _ in range(300):
                h = h * w + 1.0
            h.sum().backward()

    loop(4)
    assert w.grad.tolist() == [16.0, 16.0]  # the derivative of 1 / (1 - w), four times
    assert max(lengths) <= 520  # of 1,500: where the backward pass begins, nothing repeats itself
    loop(8)  # by now also what was not compiled when it was first seen
    assert w.grad.tolist() == [48.0, 48.0]
    before = len(lengths)
    loop(40)
    assert w.grad.tolist() == [208.0, 208.0]
    assert len(lengths) == before


def test_a_model_that_does_not_repeat_itself_is_compiled_whole(lengths):
    x = torch.ones(3)
    for k in range(300):
        x = x.reshape(3, *[1] * (k % 7)) * 1.0 if k * k % 11 < 5 else (x + 1.0).reshape(3)
    x.tolist()
    assert len(lengths) == 1


def test_a_trace_that_is_cut_for_its_length_gives_memory_on(monkeypatch):
    """What an operator replaces is let go of before the cut, so that the program may write over it."""
    donated = []
    monkeypatch.setattr(import_module("funcgrad.trace.choice"), "compile_program", noting(donated))
    forget()
    set_longest(2)
    try:
        x = torch.ones(3)
        for _ in range(40):
            x = x * 1.5
    finally:
        set_longest(LONGEST)
    assert any(donated)
    assert x[0].item() == pytest.approx(1.5**40, rel=1e-5)


def noting(donated):
    """`compile_program`, which notes which inputs are donated."""

    def compiling(step, wanted, given, shared):
        donated.append(given)
        return compile_program(step, wanted, given, shared)

    return compiling
