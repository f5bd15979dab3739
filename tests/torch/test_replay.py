"""Replayed backward passes: the second and later iterations of a loop give what a first walk gives."""

import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad.torch import _engine, _replay
from funcgrad.trace import current, cut


@pytest.fixture
def replays(monkeypatch):
    """Number of backward passes that were replayed."""
    count = [0]
    original = _replay.replay

    def counted(*arguments):
        found = original(*arguments)
        count[0] += found is not None
        return found

    monkeypatch.setattr(_engine, "replay", counted)
    return count


def leaf(*numbers):
    return torch.tensor(numbers, requires_grad=True)


def loop(step, times=4):
    """The gradients of each iteration, from a leaf whose gradient is cleared in between."""
    found = []
    cut(current(), "test")  # what earlier tests left
    for number in range(times):
        x = leaf(1.0, 2.0, 3.0)
        step(x, number)
        found.append(None if x.grad is None else x.grad.tolist())
        cut(current(), "test")  # so that each iteration starts at the same place
    return found


def test_equal_iterations_are_replayed_and_give_equal_gradients(replays):
    found = loop(lambda x, _: (x * x.exp()).sum().backward())
    expected = ((1 + np.float32([1, 2, 3])) * np.exp(np.float32([1, 2, 3]))).tolist()
    np.testing.assert_allclose(found, [expected] * 4, rtol=1e-6)
    assert replays[0] == 3


def test_numbers_are_those_of_the_iteration(replays):
    found = loop(lambda x, number: (x * float(number)).sum().backward())
    assert found == [[float(number)] * 3 for number in range(4)]
    assert replays[0] == 3


def test_a_detached_operand_is_another_graph_on_the_same_trace(replays):
    def step(x, number):
        y = x * 2.0
        ((y.detach() if number % 2 else y) * x).sum().backward()

    assert loop(step) == [[4.0, 8.0, 12.0], [2.0, 4.0, 6.0]] * 2


def test_a_leaf_in_place_of_a_result_is_another_graph(replays):
    def step(x, number):
        with torch.no_grad():
            hidden = x * 2.0
        with torch.enable_grad():
            y = x * 2.0 if number % 2 else hidden.requires_grad_()
            (y * x).sum().backward()

    assert loop(step) == [[2.0, 4.0, 6.0], [4.0, 8.0, 12.0]] * 2


def test_hooks_that_come_later_are_called(replays):
    seen = []

    def step(x, number):
        y = x * x
        if number == 2:
            y.register_hook(lambda g: seen.append(g.tolist()))
        if number == 3:
            x.register_hook(lambda g: g * 10)
        y.sum().backward()

    assert loop(step) == [[2.0, 4.0, 6.0]] * 3 + [[20.0, 40.0, 60.0]]
    assert seen == [[1.0, 1.0, 1.0]]
    assert replays[0] == 1


def test_a_replayed_graph_is_freed(replays):
    def step(x, _):
        loss = (x * x).sum()
        loss.backward()
        with pytest.raises(RuntimeError, match="backward through the graph a second time"):
            loss.backward()

    assert loop(step) == [[2.0, 4.0, 6.0]] * 4


def test_a_retained_graph_is_replayed_twice(replays):
    def step(x, _):
        loss = (x * x).sum()
        loss.backward(retain_graph=True)
        loss.backward()

    assert loop(step) == [[4.0, 8.0, 12.0]] * 4


def test_a_saved_value_changed_in_place_is_noticed(replays):
    def step(x, number):
        y = x.exp()
        loss = y.sum()
        if number == 3:
            y.detach().uniform_()  # drawn on the host: nothing is recorded, so the trace looks the same
            with pytest.raises(RuntimeError, match=r"modified by an inplace operation: \[torch.FloatTensor \[3\]\]"):
                loss.backward()
        else:
            loss.backward()

    assert loop(step)[3] is None


def test_a_graph_that_was_cut_by_a_look_is_replayed(replays):
    def step(x, _):
        loss = (x * x).sum()
        loss.item()
        loss.backward()

    assert loop(step) == [[2.0, 4.0, 6.0]] * 4
    assert replays[0] >= 2


def test_gradients_accumulate_over_replays(replays):
    x = leaf(1.0, 2.0)
    for _ in range(5):
        (x * x).sum().backward()
    assert x.grad.tolist() == [10.0, 20.0]
    assert replays[0] >= 2


def test_tied_leaves_get_one_sum(replays):
    def step(x, _):
        y = x * 1.0 + x * 10.0
        (y * x).sum().backward()

    assert loop(step) == [[22.0, 44.0, 66.0]] * 4
    assert replays[0] == 3


def test_a_function_of_the_users_where_an_operator_was_is_walked():
    class Triple(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 3

        @staticmethod
        def backward(ctx, g):
            return g * 3

    x, data = leaf(1.0, 2.0), torch.tensor([1.0, 2.0])
    for make in (lambda: x * 3, lambda: Triple.apply(x)):
        y = make()
        y.tolist()
        x.grad = None
        y.sum().backward()
        assert x.grad.tolist() == [3.0, 3.0]
        assert data.tolist() == [1.0, 2.0]
