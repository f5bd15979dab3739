"""Gradient modes beyond the recorded items of behaviour (`test_semantics.py`): generators, modes inside modes."""

import pytest

import funcgrad.torch as torch


def test_a_generator_runs_in_its_mode_and_what_is_between_its_items_does_not():
    @torch.no_grad()
    def modes():
        try:
            given = yield torch.is_grad_enabled()
            yield given, torch.is_grad_enabled()
        except KeyError:
            yield "caught", torch.is_grad_enabled()
        return "end"

    running = modes()
    assert [next(running), running.send("given")] == [False, ("given", False)]
    assert torch.is_grad_enabled()
    assert running.throw(KeyError()) == ("caught", False)
    with pytest.raises(StopIteration) as end:
        next(running)
    assert end.value.value == "end"


def test_a_closed_generator_cleans_up_in_its_mode():
    seen = []

    @torch.no_grad()
    def opened():
        try:
            yield
        finally:
            seen.append(torch.is_grad_enabled())

    running = opened()
    next(running)
    running.close()
    assert seen == [False]


def test_inference_mode_off_enables_grad_even_inside_no_grad():
    w = torch.ones(2, requires_grad=True)
    with torch.no_grad(), torch.inference_mode(False):
        assert (w * 2).requires_grad
