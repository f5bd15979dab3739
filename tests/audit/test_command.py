"""The commands: options, what is left out, and the status they end with."""

import json
import re
import sys
from pathlib import Path

import pytest

from funcgrad import cli
from funcgrad.audit.command import explain
from funcgrad.torch import _storage
from funcgrad.torch._listening import listeners
from funcgrad.trace import EAGER, set_longest

LOOP = """\
import sys, torch
print("noise")
w = torch.nn.Parameter(torch.ones(2))
optimizer = torch.optim.SGD([w], lr=0.1)
for _ in range(int(sys.argv[1]) if sys.argv[1:] else 3):
    w.square().sum().backward(){comment}
    optimizer.step()
{end}
"""
PYTORCH_IS_MISSING = (
    "funcgrad audit: --backend torch needs PyTorch, which is not installed; expected `import torch` to work "
    "(see 'funcgrad audit --help')\n"
)


@pytest.fixture
def command(tmp_path, capsys):
    set_longest(EAGER)

    def run(*arguments, comment="", end=""):
        path = tmp_path / "script.py"
        path.write_text(LOOP.format(comment=comment, end=end))
        try:
            status = cli.main([each.replace("SCRIPT", str(path)) for each in arguments])
        except SystemExit as stop:
            status = stop.code
        return status, *capsys.readouterr()

    return run


def test_findings_are_status_1_and_the_scripts_output_is_not_shown(command):
    status, out, err = command("audit", "SCRIPT")
    assert (status, err) == (1, "")
    assert "FG001" in out
    assert "noise" not in out


@pytest.mark.parametrize("options", [["--ignore", "FG001"], ["--select", "fg002,FG003"]])
def test_checks_can_be_chosen(command, options):
    status, out, _ = command("audit", *options, "SCRIPT")
    assert (status, out) == (0, "no findings in 3 steps\n")  # and no claim about an order that nobody has checked


@pytest.mark.parametrize("comment", ["  # funcgrad: ignore", "  # funcgrad: ignore[FG002, FG001]"])
def test_a_comment_silences_its_line(command, comment):
    assert command("audit", "SCRIPT", comment=comment)[0] == 0


def test_a_comment_for_another_check_does_not(command):
    assert command("audit", "SCRIPT", comment="  # funcgrad: ignore[FG002]")[0] == 1


def test_the_script_gets_its_arguments_and_is_ended_at_the_bound(command):
    assert "in 7 steps\n" in command("audit", "SCRIPT", "7")[1]
    assert "in 5 steps (the script was ended there)\n" in command("audit", "--steps", "5", "SCRIPT", "7")[1]


def test_time_is_bounded_too(command):
    status, out, _ = command("audit", "--seconds", "2", "--select", "FG002", "SCRIPT", end="while True: pass")
    assert (status, out) == (0, "no findings in 3 steps (the script was ended there)\n")


def test_a_script_that_fails_shows_its_traceback_and_ends_with_1(command):
    status, out, err = command("audit", "--select", "FG002", "SCRIPT", end="1 / 0")
    assert status == 1
    assert "script.py:8 with ZeroDivisionError: division by zero" in " ".join(out.split())
    assert err.splitlines()[-1] == "ZeroDivisionError: division by zero"
    assert "funcgrad" not in err


def test_exit_is_an_end_like_any_other(command):
    assert command("audit", "--ignore", "FG001", "SCRIPT", end="sys.exit(3)")[0] == 0


def test_the_format_and_the_language_can_be_chosen(command):
    assert json.loads(command("audit", "--format", "json", "--language", "ko", "SCRIPT")[1])["findings"][0]["line"] == 6
    assert command("audit", "--format", "github", "SCRIPT")[1].startswith("::error file=")
    assert command("audit", "--format", "html", "SCRIPT")[1].startswith("<!doctype html>")


def test_pytorch_is_asked_for_by_name_only(command, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed
    status, _, err = command("audit", "--backend", "torch", "SCRIPT")
    assert (status, err) == (2, PYTORCH_IS_MISSING)


def test_each_argument_may_be_a_target(command, tmp_path):
    (tmp_path / "right.py").write_text("import torch\n")
    status, out, _ = command("audit", "--each", "SCRIPT", str(tmp_path / "right.py"))
    assert (status, out.count("FG001 ")) == (1, 1)
    assert out.endswith("no findings in 0 steps\n")


def test_the_hook_runs_the_command_as_it_is(command, tmp_path):
    hook = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
    entry = re.search("^  entry: funcgrad (.*)$", hook.read_text(), re.MULTILINE)[1].split()
    assert command(*entry, "SCRIPT", "SCRIPT")[0] == 1
    assert command(*entry, "SCRIPT", comment="  # funcgrad: ignore")[0] == 0


def test_nobody_listens_afterwards(command):
    before = list(_storage.listeners)
    command("audit", "SCRIPT", end="1 / 0")
    assert (listeners, _storage.listeners) == ([], before)


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["audit", "no.py"], "funcgrad audit: cannot read 'no.py': No such file or directory"),
        (["audit", "--select", "FG1", "x"], "funcgrad audit: argument --select: unknown check 'FG1'; expected FG001,"),
        (["audit", "--steps", "0", "x"], "funcgrad audit: argument --steps: '0' given, expected a whole number"),
        (["audit", "--format", "xml", "x"], "funcgrad audit: argument --format: invalid choice: 'xml' (choose from"),
        (["explain", "FG999"], "funcgrad explain: no check 'FG999'; expected one of FG001,"),
    ],
)
def test_a_usage_error_is_one_line_and_status_2(command, arguments, complaint):
    status, out, err = command(*arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(complaint)


def test_a_check_is_explained_by_code_and_by_name():
    text = explain("fg002")
    assert text == explain("cleared-before-step")
    assert text.startswith("FG002 cleared-before-step: zero_grad stands between backward() and step()")
    assert text.endswith("\n\nRepair: Move zero_grad() before backward(), or behind step().\n")
    assert explain("FG002", "ko").endswith("\n\n고치기: zero_grad()를 backward() 앞이나 step() 뒤로 옮기세요.\n")
