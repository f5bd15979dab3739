"""Provenance: which backward calls are in a gradient, since when, and who has used them."""

import inspect

import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad.audit import listen
from funcgrad.torch._listening import Listener, listeners
from funcgrad.trace import array_of


@pytest.fixture
def parts():
    torch.manual_seed(0)
    w = torch.nn.Parameter(torch.ones(2))
    return w, torch.optim.SGD([w], lr=0.1)


def numbers(ledger, w):
    return [term.call.number for term in ledger.terms(w)]


def test_terms_are_the_backward_calls_since_the_last_clear(parts):
    w, optimizer = parts
    with listen() as ledger:
        w.sum().backward()
        w.sum().backward()
        assert numbers(ledger, w) == [1, 2]
        optimizer.zero_grad()
        assert numbers(ledger, w) == []
        w.sum().backward()
        assert numbers(ledger, w) == [3]


def test_the_terms_add_up_to_the_gradient(parts):
    w, _ = parts
    with listen() as ledger:
        for factor in (1, 2, 3):
            (factor * w * w).sum().backward()
    values = [array_of(term.value, "test") for term in ledger.terms(w)]
    np.testing.assert_array_equal(values, [[2, 2], [4, 4], [6, 6]])
    np.testing.assert_array_equal(w.grad.numpy(), sum(values))


@pytest.mark.parametrize(
    "clear",
    [
        lambda w: setattr(w, "grad", None),
        lambda w: w.grad.zero_(),
        lambda w: w.grad.data.fill_(0),
        lambda w: w.grad.mul_(0),
        lambda w: setattr(w, "grad", torch.zeros(2)),
        lambda w: delattr(w, "grad"),
    ],
)
def test_every_way_to_clear_is_heard(parts, clear):
    w, _ = parts
    with listen() as ledger:
        w.sum().backward()
        clear(w)
        assert numbers(ledger, w) == []


def test_a_term_knows_its_line_its_mode_and_its_scale():
    model = torch.nn.Linear(2, 1).eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    with listen() as ledger:
        scaler.scale(model(torch.ones(3, 2)).mean()).backward()
        (term,) = ledger.terms(model.weight)
        assert term.call.place.source.strip() == "scaler.scale(model(torch.ones(3, 2)).mean()).backward()"
        assert (term.in_training, term.is_scaled, term.call.loss.is_mean) == (False, True, True)
        scaler.unscale_(optimizer)
        assert not ledger.terms(model.weight)[0].is_scaled


def test_a_term_knows_who_has_used_it(parts):
    w, optimizer = parts
    with listen() as ledger:
        w.sum().backward()
        optimizer.step()
        w.sum().backward()
        assert [term.used_by for term in ledger.terms(w)] == [{id(optimizer)}, set()]


@pytest.mark.parametrize(
    "loss, is_mean, is_weighted",
    [
        (lambda x, y: (x - y).pow(2).mean(), True, False),
        (lambda x, y: torch.nn.functional.mse_loss(x, y) / 4, True, True),
        (lambda x, y: torch.nn.functional.mse_loss(x, y) * torch.tensor(0.5), True, True),
        (lambda x, y: -(x * y).mean() + 0.1 * x.abs().mean(), True, False),
        (lambda x, y: torch.nn.functional.mse_loss(x, y, reduction="sum"), False, False),
        (lambda x, y: (x - y).pow(2).sum() / 8, False, True),
        (lambda x, y: ((x - y).pow(2).mean() / 4).mean(), True, True),
    ],
)
def test_what_stands_around_a_loss_is_seen(parts, loss, is_mean, is_weighted):
    w, _ = parts
    with listen() as ledger:
        loss(w, torch.zeros(2)).backward()
    assert (ledger.calls[0].loss.is_mean, ledger.calls[0].loss.is_weighted) == (is_mean, is_weighted)


def test_autograd_grad_leaves_nothing_in_the_ledger(parts):
    w, _ = parts
    with listen() as ledger:
        torch.autograd.grad(w.sum(), w)
    assert numbers(ledger, w) == []


def test_listening_changes_no_number():
    def train():
        torch.manual_seed(0)
        model = torch.nn.Linear(3, 1)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.randn(8, 3)).pow(2).mean().backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        return model.weight.detach().numpy()

    plain = train()
    with listen():
        heard = train()
    np.testing.assert_array_equal(heard, plain)


def test_two_may_listen_and_each_leaves_alone(parts):
    w, _ = parts
    with listen() as outer:
        with listen() as inner:
            w.sum().backward()
        w.sum().backward()
        assert (numbers(outer, w), numbers(inner, w)) == ([1, 2], [1])
    assert listeners == []


def test_a_listener_need_not_hear_anything():
    told = {name for name in vars(Listener) if not name.startswith("_")}
    assert told == {"called", "backward", "accumulated", "clears", "assigns", "clips", "scales", "unscales", "holds",
                    "step_begins", "step_ended", "schedules"}  # fmt: skip
    for name in told:
        getattr(Listener(), name)(*[None] * (len(inspect.signature(getattr(Listener, name)).parameters) - 1))
