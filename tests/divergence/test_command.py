"""The command: scripts are recorded as they run, files are read, and what cannot be compared says why."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch_run

import funcgrad.torch as torch
from funcgrad import cli
from funcgrad.divergence import recorder, script
from funcgrad.divergence.run import load

TRAINING = """
    import sys
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 2)
    optimizer = torch.optim.{optimizer}(model.parameters(), lr=0.1, weight_decay=0.1)
    for step in range(int(sys.argv[1]) if len(sys.argv) > 1 else 5):
        optimizer.zero_grad()
        loss = model(torch.randn(8, 4)).square().mean()
        loss.backward()
        optimizer.step()
    print("done", file=sys.stderr)
"""


@pytest.fixture
def write(tmp_path):
    def written(name, text):
        (tmp_path / name).write_text(textwrap.dedent(text))
        return str(tmp_path / name)

    return written


def recorded(tmp_path, path, *arguments, steps=3):
    """The exit status of recording a script in this process, and the run."""
    status = script.main(str(tmp_path / "run.npz"), str(steps), path, *arguments)
    return status, load(str(tmp_path / "run.npz")) if status == 0 else None


def test_two_scripts_are_compared_in_processes_of_their_own(write):
    a, b = (write(f"{name}.py", TRAINING.format(optimizer=name)) for name in ("Adam", "AdamW"))
    done = subprocess.run(
        [sys.executable, "-m", "funcgrad", "compare", a, b, "--steps", "2"], capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""
    assert done.stdout.splitlines()[0].endswith("Adam.py (funcgrad.torch 2.13.0; 2 steps, 2 parameters)")
    assert "\nFirst difference: step 1, exp_avg of weight (float32)\n" in done.stdout
    assert "\nCause: decoupled weight decay\n" in done.stdout
    assert max(map(len, done.stdout.splitlines()[2:])) <= 80


def test_a_script_is_ended_when_its_steps_are_recorded(tmp_path, write, capsys):
    status, run = recorded(tmp_path, write("a.py", TRAINING.format(optimizer="SGD")), steps=3)
    assert (status, len(run.steps)) == (0, 3)
    assert "done" not in capsys.readouterr().err
    assert run.parameters() == ["weight", "bias"]
    assert run.get(3, "loss.0") is not None


def test_a_shorter_script_runs_to_its_end_with_its_arguments(tmp_path, write, capsys):
    status, run = recorded(tmp_path, write("a.py", TRAINING.format(optimizer="SGD")), "2")
    assert (status, len(run.steps)) == (0, 2)
    assert "done" in capsys.readouterr().err


def test_all_models_and_optimizers_of_a_script_are_recorded(tmp_path, write):
    text = """
        import torch
        from torch import nn

        generator, critic = nn.Linear(2, 3), nn.Linear(3, 1)
        first, second = (torch.optim.SGD(m.parameters(), lr=0.1) for m in (generator, critic))
        second.add_param_group({"params": [nn.Parameter(torch.ones(1))]})
        for step in range(2):
            loss = critic(generator(torch.ones(1, 2))).sum()
            loss.backward()
            first.step()
            second.step()
    """
    _, run = recorded(tmp_path, write("a.py", text), steps=4)
    assert run.parameters() == ["weight", "bias", "Linear.weight", "Linear.bias", "parameter 4"]
    assert [[*step.options] for step in run.steps[:2]] == [["weight", "bias"], run.parameters()[2:]]
    assert run.get(1, "sum", "Linear.weight") is not None


@pytest.mark.parametrize(
    "text, status, told",
    [
        ("raise KeyError('x')", script.FAILED, "KeyError: 'x'"),
        ("import sys; sys.exit('no data')", script.FAILED, "SystemExit: no data"),
        ("import sys; sys.exit(0)", script.NO_UPDATE, ""),
    ],
)
def test_the_status_says_what_came_of_a_script(tmp_path, write, capsys, text, status, told):
    assert recorded(tmp_path, write("a.py", text))[0] == status
    assert told in capsys.readouterr().err


def test_a_script_that_is_not_there_cannot_be_run(tmp_path, capsys):
    assert recorded(tmp_path, "none.py")[0] == script.UNRUNNABLE
    assert "cannot read 'none.py'" in capsys.readouterr().err


class Done:
    def __init__(self, returncode, stderr=b""):
        self.returncode, self.stderr = returncode, stderr


@pytest.mark.parametrize(
    "done, text",
    [
        (Done(script.UNRUNNABLE, b"cannot read 'a.py'"), "funcgrad compare: cannot read 'a.py'\n"),
        (Done(script.NO_UPDATE), "'a.py' made no update; expected a script with a training loop"),
        (Done(script.FAILED, b"Traceback\nKeyError: 'x'"), "'a.py' failed; expected a script that runs:\nTraceback\nKeyError"),
    ],
)  # fmt: skip
def test_a_run_that_comes_to_nothing_is_a_mistake_in_the_call(monkeypatch, capsys, done, text):
    monkeypatch.setattr(script.subprocess, "run", lambda *_, **__: done)
    with pytest.raises(SystemExit) as stop:
        cli.main(["compare", "a.py", "b.py"])
    assert stop.value.code == 2
    assert text in capsys.readouterr().err


def test_a_script_that_takes_too_long_is_ended(monkeypatch, capsys):
    def run(command, timeout, **_):
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(script.subprocess, "run", run)
    with pytest.raises(SystemExit):
        cli.main(["compare", "a.py", "b.py", "--seconds", "7"])
    assert "'a.py' did not make 10 updates in 7 seconds; expected a shorter run" in capsys.readouterr().err


@pytest.fixture
def files(tmp_path):
    return [torch_run.train(torch, tmp_path / f"{name}.npz", steps=1) for name in "ab"]


def test_files_are_compared_as_they_are(files, capsys):
    assert cli.main(["compare", *files]) == 0
    assert capsys.readouterr().out.endswith("The runs agree for 1 step, value for value.\n")


def test_the_report_as_json(files, capsys):
    other = torch_run.train(torch, files[1], steps=1, optimizer=("SGD", {"lr": 0.2, "momentum": 0.9}))
    assert cli.main(["compare", files[0], other, "--json", "--ulp", "8"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["agrees"] is False
    assert told["limit_ulp"] == 8
    assert told["first_difference"]["kind"] == "option"
    assert told["first_difference"]["values"] == [0.1, 0.2]
    assert told["cause"]["cause"] == "another lr"
    assert told["largest_ulp"]["1"]["loss"] == 0


def test_the_recorder_is_printed_as_it_is(capsys):
    assert cli.main(["compare", "--recorder"]) == 0
    assert capsys.readouterr().out == Path(recorder.__file__).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments, text",
    [
        (["a.npz"], "one run given, expected two: scripts, or .npz files of the recorder"),
        (["none.npz", "b.npz"], "cannot read 'none.npz': No such file or directory"),
        (["a.py", "b.py", "--steps", "0"], "'0' given, expected a whole number of at least 1"),
        (["a.py", "b.py", "--ulp", "-1"], "'-1' given, expected a number of at least 0"),
        (["a.py", "b.py", "--lr", "1"], "unrecognized arguments: --lr"),
    ],
)
def test_a_mistake_in_the_call_is_one_line(capsys, arguments, text):
    with pytest.raises(SystemExit) as stop:
        cli.main(["compare", *arguments])
    assert stop.value.code == 2
    assert text in capsys.readouterr().err
