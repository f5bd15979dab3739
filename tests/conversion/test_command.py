"""`funcgrad functionalize`: scripts up to their first step, and what is said and written about it."""

import re
from pathlib import Path

import numpy as np
import pytest

from funcgrad import cli

MODEL = """
import torch

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.5), torch.nn.Linear(4, 2))
criterion = torch.nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
x, y = torch.randn(6, 3), torch.randint(0, 2, (6,))
"""

STEP = """
def train_step(x, y):
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    {end}

for _ in range(3):
    print(train_step(x, y))
"""

TRAINER = """
from types import SimpleNamespace

class Trainer:
    def __init__(self, args):
        self.args, self.net, self.opt = args, model, optimizer

    def fit(self, steps):
        for _ in range(steps):
            self.update({"x": x, "y": y}, scale=2)

    def update(self, batch, *, scale):
        self.opt.zero_grad()
        loss = criterion(self.net(batch["x"]), batch["y"]) * scale
        loss.backward()
        self.opt.step()
        return {"loss": loss}

Trainer(SimpleNamespace(lr=0.1)).fit(3)
"""


@pytest.fixture
def script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(source):
        (tmp_path / "train.py").write_text(MODEL + source, encoding="utf-8")
        return "train.py"

    return write


def test_a_step_is_certified_and_written(script, capsys):
    assert cli.main(["functionalize", script(STEP.format(end="return loss")), "--emit", "step.py"]) == 0
    told = capsys.readouterr().out
    assert "train.py:10: train_step(x, y)" in told
    assert "state: criterion" not in told  # it has no state
    assert "state: optimizer, model" in told
    assert "certificate: 2 steps, 16 arrays each: equal bits" in told
    assert "written to step.py" in told
    assert "which gives the same results; the arrays to step.npz" in told
    written, arrays = {}, np.load("step.npz")
    exec(Path("step.py").read_text(encoding="utf-8"), written)
    state = written["init"](arrays)
    losses = []
    for _ in range(3):
        state, loss = written["step"](state, arrays["0.weight"].repeat(2, 0)[:6], np.zeros(6, np.int32))
        losses.append(float(loss))
    assert losses[2] < losses[0]


def test_a_method_with_a_dictionary_and_a_keyword(script, capsys):
    assert cli.main(["functionalize", f"{script(TRAINER)}:Trainer.update", "--steps", "1"]) == 0
    told = capsys.readouterr().out
    assert "update(batch); fixed: self, scale" in told
    assert "certificate: 1 steps" in told


REFUSED = {
    "item": (STEP.format(end="return loss.item()"), r"looks at a value(.|\n)*train.py:15: return loss.item\(\)"),
    "branch": (
        STEP.format(end="return -loss if loss > 3 else loss"),
        r"use torch.where(.|\n)*train.py:15: return -loss if loss > 3",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_names_the_line_and_what_to_do(name, script, capsys):
    source, text = REFUSED[name]
    with pytest.raises(SystemExit) as stop:
        cli.main(["functionalize", script(source)])
    assert stop.value.code == 1
    told = capsys.readouterr().err
    assert told.startswith("funcgrad functionalize: the step looks at a value")
    assert re.search(text, told)


NOT_FOUND = {
    "another name": (
        "def update(x):\n    model(x).sum().backward()\nupdate(x)\n",
        r"update \(line 9\) calls backward",
    ),
    "no function": (
        "for _ in range(2):\n    model(x).sum().backward()\n",
        r"training loop in line 9 does with one batch",
    ),
    "never called": ("def other(): pass\n", r"none of the functions train_step, training_step, step"),
}


@pytest.mark.parametrize("name", NOT_FOUND)
def test_a_script_without_the_step_is_told_what_to_name(name, script, capsys):
    source, text = NOT_FOUND[name]
    with pytest.raises(SystemExit) as stop:
        cli.main(["functionalize", script(source)])
    assert stop.value.code == 2
    assert re.search(text, capsys.readouterr().err)


def test_errors_of_the_script_are_its_own(script, capsys):
    assert cli.main(["functionalize", script("raise ValueError('mine')")]) == 1
    assert "ValueError: mine" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments, text",
    [
        (["none.py"], "cannot read 'none.py'"),
        (["x.py", "--emit", "x.txt"], "expected a file that ends in .py"),
        (["x.py", "--steps", "0"], "whole number of at least 1"),
    ],
)
def test_a_wrong_call_is_one_line(arguments, text, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["functionalize", *arguments])
    assert stop.value.code == 2
    assert text in capsys.readouterr().err
