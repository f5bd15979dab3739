import io
import sys

import jax.numpy as jnp
import optax
import pytest

from funcgrad.train import TrainState, fit, make_train_step, progress_bar

OPTIMIZER = optax.sgd(0.25)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def run(monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", stream)
    step = make_train_step(lambda w, x: (w - x) ** 2, OPTIMIZER)
    with progress_bar(total=4) as bar:
        fit(step, TrainState.create(jnp.float32(0), OPTIMIZER), [2.0] * 4, visit_every=2, callbacks=[bar])
    return stream.getvalue()


def test_a_terminal_shows_the_steps_and_the_loss(monkeypatch):
    shown = run(monkeypatch, Terminal())
    assert "4/4" in shown
    assert "loss 0.0625" in shown


def test_nothing_is_shown_where_no_terminal_is(monkeypatch):
    assert run(monkeypatch, io.StringIO()) == ""


def test_nothing_is_shown_without_rich(monkeypatch):
    monkeypatch.setitem(sys.modules, "rich", None)
    monkeypatch.setattr("funcgrad.train.progress.find_spec", lambda name: None)
    assert run(monkeypatch, Terminal()) == ""


def test_the_bar_is_taken_away_when_the_loop_fails(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with pytest.raises(ValueError, match="stop"), progress_bar():
        raise ValueError("stop")
    assert stream.getvalue().endswith("\x1b[?25h")  # the cursor is shown again
