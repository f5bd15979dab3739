"""Updates that are passed over: whatever comes after them, the ledger is the one of a run in which all were handled."""

import pytest

import funcgrad.torch as torch
from funcgrad.audit import listen
from funcgrad.audit.events import Events
from funcgrad.audit.usual import NOTHING, Usual

USUAL_STEPS = 6


class Loop:
    """A model under training, step by step."""

    def __init__(self, zero=True, to_none=True):
        torch.manual_seed(0)
        self.model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 1))
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01, momentum=0.9)
        self.zero, self.to_none = zero, to_none

    def begin(self):
        if self.zero:
            self.optimizer.zero_grad(set_to_none=self.to_none)
        self.loss().backward()

    def loss(self):
        return self.model(torch.randn(4, 3)).pow(2).mean()

    def step(self):
        self.begin()
        self.optimizer.step()


def forget(loop):
    loop.loss().backward()
    loop.optimizer.step()


def clear_late(loop):
    loop.begin()
    loop.optimizer.zero_grad()
    loop.optimizer.step()


def accumulate(loop):
    loop.begin()
    loop.loss().backward()
    loop.optimizer.step()


def differentiate_what_no_module_has_made(loop):
    loop.begin()
    sum(p.sum() for p in loop.model.parameters()).backward()
    loop.optimizer.step()


def look_in_eval_mode(loop):
    loop.model.eval()
    loop.step()
    loop.model.train()


def divide_by_hand(loop):
    loop.begin()
    for p in loop.model.parameters():
        p.grad.mul_(0.5)
    loop.optimizer.step()


def clear_by_hand_after_it(loop):
    for p in loop.model.parameters():
        p.grad.zero_()
    loop.loss().backward()
    loop.optimizer.step()


def clip(loop):
    loop.begin()
    torch.nn.utils.clip_grad_norm_(loop.model.parameters(), 1.0)
    loop.optimizer.step()


def step_twice(loop):
    loop.step()
    loop.optimizer.step()


def grow(loop):
    extra = torch.nn.Parameter(torch.ones(2))
    loop.optimizer.add_param_group({"params": [extra]})
    loop.step()


def assign(loop):
    loop.begin()
    loop.model[0].weight.grad = torch.ones(2, 3)
    loop.optimizer.step()


def stop_within(loop):
    loop.begin()


def nothing(loop):
    pass


DEVIATIONS = (
    forget, clear_late, accumulate, differentiate_what_no_module_has_made, look_in_eval_mode, divide_by_hand,
    clear_by_hand_after_it, clip, step_twice, grow, assign, stop_within, nothing,
)  # fmt: skip


def seen(deviation, asks=False, **options):
    """What the ledger says after a deviation and after one more step, without ids."""
    loop = Loop(**options)
    with listen() as ledger:
        for _ in range(USUAL_STEPS):
            loop.step()
            if asks:
                ledger.terms(loop.model[0].weight)
        deviation(loop)
        after = told_by(ledger, loop)
        loop.step()
        return after, told_by(ledger, loop)


def told_by(ledger, loop):
    ledger.catch_up()
    return (
        [(call.place.line, call.loss.is_mean, len(call.leaves), len(call.used_by)) for call in ledger.calls],
        [told_of(ledger.gradient(p), ledger.terms(p)) for p in loop.model.parameters()],
        ledger.steps,
        [dict(windows) for lines in ledger.windows.values() for windows in lines.values()],
    )


def told_of(gradient, terms):
    told = [(term.call.number, term.in_training, len(term.used_by)) for term in terms]
    return (*told, gradient.is_treated, gradient.is_decayed, len(gradient.cleared))


@pytest.mark.parametrize("deviation", DEVIATIONS)
def test_a_deviation_finds_everything_handled(deviation, monkeypatch):
    passed_over = seen(deviation)
    assert seen(deviation, asks=True) == passed_over
    monkeypatch.setattr(Usual, "learn", lambda self, update: NOTHING)
    assert seen(deviation) == passed_over


@pytest.mark.parametrize("options", [{"zero": False}, {"to_none": False}])
def test_other_loops_too(options, monkeypatch):
    passed_over = seen(nothing, **options)
    monkeypatch.setattr(Usual, "learn", lambda self, update: NOTHING)
    assert seen(nothing, **options) == passed_over


@pytest.fixture
def passed_over(monkeypatch):
    passed = []
    old = Events.usual_step_ended
    monkeypatch.setattr(Events, "usual_step_ended", lambda self, call: (passed.append(call), old(self, call))[1])
    return passed


def test_equal_plain_updates_are_passed_over(passed_over):
    loop = Loop()
    with listen():
        for _ in range(USUAL_STEPS):
            loop.step()
    assert len(passed_over) == USUAL_STEPS - 2  # two are learnt from


@pytest.mark.parametrize("deviation", [forget, accumulate])
def test_updates_with_something_in_them_are_not(deviation, passed_over):
    loop = Loop()
    with listen():
        for _ in range(USUAL_STEPS):
            deviation(loop)
    assert not passed_over
