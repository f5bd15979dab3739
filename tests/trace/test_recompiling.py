"""The message when a line makes one program after another be compiled."""

import logging

import pytest

import funcgrad.torch as torch
from funcgrad.trace import forget
from funcgrad.trace.recompiling import MOST


@pytest.fixture
def said(caplog):
    forget()
    caplog.set_level(logging.WARNING)
    return lambda: [record.getMessage() for record in caplog.records]


def train(sizes):
    model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for size in sizes:
        optimizer.zero_grad()
        loss = model(torch.ones(size, 3)).pow(2).mean()
        loss.backward()
        optimizer.step()
        loss.item()


def test_a_shape_that_changes_all_the_time_is_named(said):
    train(range(1, MOST + 1))
    (message,) = said()
    assert f"test_recompiling.py, line {train.__code__.co_firstlineno + 8} has made {MOST} programs" in message
    assert "float32[12, 3]" in message
    assert "float32[11, 3]" in message


def test_a_few_shapes_are_fine(said):
    train([1, 2] * MOST)
    assert not said()


def test_small_programs_are_fine(said):
    for size in range(1, MOST + 1):
        torch.ones(size).mul(2).tolist()
    assert not said()
