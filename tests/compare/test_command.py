import argparse
import json

import pytest

from funcgrad.compare import add_arguments, experiment, main
from funcgrad.optim import sgd

SHORT = ["--steps", "6", "--batch-size", "16", "--hidden", "8"]  # the shapes of conftest.py compile once


def run(*arguments):
    parser = argparse.ArgumentParser(prog="funcgrad compare")
    add_arguments(parser)
    return main(parser.parse_args([*SHORT, *arguments]))


def test_agreement_exits_with_0_and_says_so(capsys):
    assert run() == 0
    out = capsys.readouterr().out
    assert out.startswith("7 runs of 6 steps with 16 digits, lr 0.1, momentum 0.9, seed 0\n")
    assert "a  agrees with b." in out
    assert "--out DIR" in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_planted_wrong_update_exits_with_1(monkeypatch, capsys):
    monkeypatch.setattr(experiment, "sgd", lambda lr, momentum: sgd(lr * 1.001, momentum))
    assert run() == 1
    out = capsys.readouterr().out
    assert "a  DIFFERS from b." in out
    assert "part at step 1" in " ".join(out.split())


def test_out_writes_the_report(tmp_path, capsys):
    assert run("--out", str(tmp_path / "report")) == 0
    out = capsys.readouterr().out
    assert str(tmp_path / "report" / "compare.html") in out
    assert max(len(line) for line in out.splitlines() if str(tmp_path) not in line) <= 80
    content = json.loads((tmp_path / "report" / "compare.json").read_text())
    assert content["settings"]["steps"] == 6


def test_options_reach_the_experiment(tmp_path):
    options = ["--seed", "3", "--lr", "0.02", "--momentum", "0", "--steps", "7", "--out", str(tmp_path)]
    assert run(*options) == 0
    assert json.loads((tmp_path / "compare.json").read_text())["settings"] == {
        "steps": 7, "seed": 3, "lr": 0.02, "momentum": 0.0, "batch_size": 16, "hidden": 8,
    }  # fmt: skip


@pytest.mark.parametrize(
    "arguments, text",
    [
        (["--steps", "0"], "argument --steps: '0' given, expected a whole number of at least 1"),
        (["--steps", "2.5"], "argument --steps: '2.5' given, expected a whole number of at least 1"),
        (["--lr", "nan"], "argument --lr: 'nan' given, expected a number of at least 0"),
        (["--lr", "inf"], "argument --lr: 'inf' given, expected a number of at least 0"),
        (["--seed", "-1"], "argument --seed: '-1' given, expected a whole number from 0 to 9223372036854775807"),
        (["--step-count", "3"], "unrecognized arguments: --step-count"),
    ],
)
def test_a_wrong_option_exits_with_2(arguments, text, capsys):
    with pytest.raises(SystemExit) as stopped:
        run(*arguments)
    assert stopped.value.code == 2
    assert text in capsys.readouterr().err


def test_a_batch_that_is_too_large_exits_with_2(capsys):
    assert run("--batch-size", "5000") == 2
    assert capsys.readouterr().err == (
        "funcgrad compare: a batch of 5000 images was asked for, but training has 1437: take a smaller batch\n"
    )


def test_a_file_in_the_place_of_the_folder_exits_with_2(tmp_path, capsys):
    (tmp_path / "taken").write_text("")
    assert run("--out", str(tmp_path / "taken")) == 2
    captured = capsys.readouterr()
    assert "taken" in captured.err
    assert captured.out == ""
