import os
import re
import subprocess
import sys
import types
from importlib import metadata
from pathlib import Path

import pytest

from funcgrad import cli

ROOT = Path(__file__).parents[1]


def python(*arguments, **options):
    """A process of its own, in which `funcgrad` can be imported."""
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONUNBUFFERED": ""}  # what it prints is held back, as usual
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment, **options)


KNOWN = " or ".join(cli.COMMANDS)


@pytest.fixture
def script(tmp_path):
    def write(source):
        path = tmp_path / "script.py"
        path.write_text(source)
        return str(path)

    return write


def exit_status(arguments):
    """What the process would end with."""
    try:
        return cli.main(arguments)
    except SystemExit as stop:
        return stop.code


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (
            ["trian"],
            f"funcgrad: unknown command 'trian'; expected {KNOWN} (see 'funcgrad --help')",
        ),
        (
            ["--nope"],
            f"funcgrad: unknown command '--nope'; expected {KNOWN} (see 'funcgrad --help')",
        ),
        (["run"], "funcgrad run: the following arguments are required: SCRIPT (see 'funcgrad run --help')"),
        (["run", "-m"], "funcgrad run: the following arguments are required: SCRIPT (see 'funcgrad run --help')"),
        (["run", "--nope", "x.py"], "funcgrad run: unrecognized arguments: --nope (see 'funcgrad run --help')"),
        (["run", "no.py"], "funcgrad run: cannot read 'no.py': No such file or directory; expected a Python file"),
        (["run", "/"], "funcgrad run: '/' is a folder; expected a Python file, or -m and the name of a package"),
        (["run", "a.csv"], "funcgrad run: 'a.csv' is not a Python file; expected a name that ends in .py"),
        (["run", "-m", "no.where"], "funcgrad run: no module named 'no.where' that can be run"),
    ],
)
def test_a_usage_error_is_one_line_and_status_2(arguments, complaint, capsys):
    assert exit_status(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(complaint)
    assert err.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_lists_the_commands(arguments, capsys):
    assert not exit_status(arguments)
    out = capsys.readouterr().out
    assert "  run            Run a PyTorch script" in out
    assert "  compare        Train one model" in out


def test_version(capsys, monkeypatch):
    monkeypatch.setattr(metadata, "version", {"funcgrad": "1.2.3"}.get)
    assert exit_status(["--version"]) == 0
    assert capsys.readouterr().out == "funcgrad 1.2.3\n"


@pytest.mark.parametrize("arguments", [["--help"], ["--", "-m", "x"], ["-m"], ["--steps", "3", "--version"], []])
def test_arguments_after_the_script_are_the_scripts(arguments, script, capsys):
    path = script("import sys; print(sys.argv)")
    assert exit_status(["run", path, *arguments]) == 0
    assert capsys.readouterr().out == f"{[path, *arguments]}\n"


def test_an_uncaught_error_is_status_1_and_an_interrupt_130(script, capsys):
    assert exit_status(["run", script("1 / 0")]) == 1
    assert capsys.readouterr().err.endswith("ZeroDivisionError: division by zero\n")
    assert exit_status(["run", script("raise KeyboardInterrupt")]) == 130
    assert capsys.readouterr().err.endswith("KeyboardInterrupt\n")


@pytest.mark.parametrize(
    "source",
    [
        "import sys; print('out'); sys.exit(3)",
        "import sys; print('out'); sys.exit('stopped: no data')",
        "import warnings\nwarnings.warn('loss is nan')\nwarnings.warn('old', DeprecationWarning)\nprint('out')",
        "def step():\n    raise ValueError('nan')\n\nprint('out')\nstep()",
    ],
)
def test_a_process_ends_as_under_python(source, script):
    path = script(source)
    ours, theirs = python("-m", "funcgrad", "run", path), python(path)
    assert (ours.stdout, ours.stderr, ours.returncode) == (theirs.stdout, theirs.stderr, theirs.returncode)


def test_compare_hands_its_options_to_the_tool(monkeypatch, capsys):
    tool = types.SimpleNamespace(
        add_arguments=lambda parser: parser.add_argument("--steps", type=int, help="how long"),
        main=lambda given: given.steps,
    )
    monkeypatch.setattr(cli, "compare", tool)
    assert exit_status(["compare", "--steps", "7"]) == 7
    assert exit_status(["compare", "--step", "7"]) == 2
    assert capsys.readouterr().err == (
        "funcgrad compare: unrecognized arguments: --step 7 (see 'funcgrad compare --help')\n"
    )
    assert exit_status(["compare", "--help"]) == 0
    assert "how long" in capsys.readouterr().out


def test_compare_without_its_extra_says_what_to_install(monkeypatch, capsys):
    def compare_that_misses(name):
        def main(given):
            raise ModuleNotFoundError('The digits need it: pip install "funcgrad[demo]"', name=name)

        return types.SimpleNamespace(add_arguments=lambda parser: None, main=main)

    monkeypatch.setattr(cli, "compare", compare_that_misses("sklearn"))
    assert exit_status(["compare"]) == 2
    assert capsys.readouterr().err == 'funcgrad compare: The digits need it: pip install "funcgrad[demo]"\n'
    monkeypatch.setattr(cli, "compare", compare_that_misses("funcgrad.nothing"))
    with pytest.raises(ModuleNotFoundError, match="need it"):
        cli.main(["compare"])


def test_stats_are_told_at_the_end(script, capsys):
    path = script("import torch; print((torch.tensor([1.0, 2.0]) * 3).tolist())")
    assert exit_status(["run", "--stats", path]) == 0
    out, err = capsys.readouterr()
    assert out == "[3.0, 6.0]\n"
    assert re.fullmatch(
        r"funcgrad: \d+ programs compiled, \d+ traces interpreted; \d+ operations run in \d+ flushes \(.*\)\n", err
    )
    assert exit_status(["run", "--stats", "no.py"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_an_interrupted_command_is_status_130(monkeypatch):
    def stop(arguments):
        raise KeyboardInterrupt

    monkeypatch.setitem(cli.COMMANDS, "compare", stop)
    assert exit_status(["compare"]) == 130


ENDING = """
import atexit, sys
class Talking:
    def __del__(self):
        print("finalized")
talking = Talking()
talking.itself = talking
file = open(sys.argv[1], "w")
file.write("kept")
atexit.register(print, "at exit")
{end}
"""
COMPILING = """
import functools, time
from funcgrad.trace.background import Task
Task(functools.partial(time.sleep, 3600))
"""


@pytest.mark.parametrize(
    "end, status, told",
    [
        ("", 0, ""),
        ("sys.exit(7)", 7, ""),
        ("sys.exit('no data')", 1, "no data\n"),
        ("1 / 0", 1, "ZeroDivisionError: division by zero\n"),
    ],
)
@pytest.mark.parametrize("last", ["", COMPILING], ids=["idle", "compiling"])
def test_a_script_ends_as_with_python_and_waits_for_no_program(script, tmp_path, end, status, told, last):
    path = script(ENDING.format(end=last + end))
    done = python("-m", "funcgrad", "run", path, str(tmp_path / "file"), timeout=300)
    assert done.returncode == status
    assert sorted(done.stdout.splitlines()) == ["at exit", "finalized"]
    assert done.stderr.endswith(told)
    assert (tmp_path / "file").read_text() == "kept"


UNREAD = """
import os
reader, writer = os.pipe()
os.dup2(writer, 1)
os.close(reader)
print("late")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such error")
@pytest.mark.parametrize("last", ["", COMPILING], ids=["idle", "compiling"])
def test_what_cannot_be_printed_at_the_end_is_pythons_status(script, last):
    path = script(UNREAD + last)
    done = python("-m", "funcgrad", "run", path, timeout=300)
    assert done.returncode == 120
    assert done.stderr.endswith("BrokenPipeError: [Errno 32] Broken pipe\n")


CHILD = """
import logging.handlers, multiprocessing, sys, time
def work(queue):
    time.sleep(1)
    print(len(queue.get()), flush=True)
log = logging.handlers.MemoryHandler(100, target=logging.StreamHandler(sys.stdout))
logging.getLogger().addHandler(log)
logging.warning("logged")
processes = multiprocessing.get_context("fork")
queue = processes.Queue()
processes.Process(target=work, args=[queue]).start()
queue.put(bytes(10_000_000))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no such system call")
@pytest.mark.parametrize("last", ["", COMPILING], ids=["idle", "compiling"])
def test_processes_and_logs_of_a_script_are_waited_for(script, last):
    done = python("-m", "funcgrad", "run", script(CHILD + last), timeout=300)
    assert sorted(done.stdout.splitlines()) == ["10000000", "logged"]
