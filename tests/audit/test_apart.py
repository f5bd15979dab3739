"""Pages apart: whatever a page's code does, the audit ends, and the world is as it was."""

import os
import sys

import pytest

from funcgrad import cli
from funcgrad.audit import apart, order_of
from funcgrad.audit.checks import BY_CODE
from funcgrad.audit.run import Bounds
from funcgrad.launch import LaunchError

OFF = "import funcgrad.audit.confinement as c; c._State.is_on = False"  # what an attacker does first
ATTACKS = {
    "open({kept!r}, 'w')": "PermissionError",
    "open({kept!r}).read()": "PermissionError",
    "os.remove({kept!r})": "PermissionError",
    "os.rename({kept!r}, {kept!r} + '2')": "PermissionError",
    "os.chmod({kept!r}, 0o777)": "PermissionError",
    "os.utime({kept!r})": "PermissionError",
    "os.listdir(os.path.dirname({kept!r}))": "PermissionError",
    "socket.socket()": "PermissionError",
    "os.fork()": "PermissionError",
    "subprocess.run(['touch', {kept!r} + '2'])": "PermissionError",
    "os.execv(sys.executable, ['python'])": "PermissionError",
    "os.kill(os.getppid(), 9)": "PermissionError",
    "open(f'/proc/{{os.getppid()}}/environ')": "PermissionError",
    "assert ctypes.CDLL(None).fork() == -1, 'forked'": None,
    "assert 'SECRET' not in os.environ, 'told'": None,
    "x = [bytearray(1 << 30) for _ in range(64)]": "MemoryError",
    "open(os.path.join(tempfile.mkdtemp(), 'x'), 'wb').write(b'x' * (65 << 20))": "OSError",
    "open(os.path.join(tempfile.mkdtemp(), 'x'), 'w').write('x')": None,
    "(lambda f: f(f))(lambda f: f(f))": "RecursionError",
    "print('x' * 10**7); sys.__stdout__.write('fooled'); os.write(1, b'fooled')": None,
    "sys.settrace(lambda *_: None); input()": "EOFError",
    "threading.Thread(target=time.sleep, args=(10**6,)).start()": None,
}
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's walls are Linux's")


@pytest.fixture
def audit_of(tmp_path, capsys):
    def run(*blocks, seconds=60):
        path = tmp_path / "docs" / "post.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(f"```python\n{block}\n```\n" for block in blocks))
        status = cli.main(["audit", "--seconds", str(seconds), str(path)])
        return status, *capsys.readouterr()

    return run


@linux
def test_what_gets_past_python_is_refused_by_the_kernel(audit_of, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", "1")
    kept = tmp_path / "kept"
    kept.write_text("as it was")
    mode = kept.stat().st_mode
    modules = "import ctypes, os, socket, subprocess, sys, tempfile, threading, time"
    _, out, err = audit_of(OFF, modules, *[attack.format(kept=str(kept)) for attack in ATTACKS])
    raised = [line.partition(":")[0] for line in err.splitlines() if line and not line.startswith((" ", "Traceback"))]
    assert raised == [error for error in ATTACKS.values() if error is not None]
    assert "fooled" not in out
    assert (sorted(os.listdir(tmp_path)), kept.read_text(), kept.stat().st_mode) == (
        ["docs", "kept"],
        "as it was",
        mode,
    )


def test_a_page_is_audited_as_a_script_is(audit_of):
    loop = "for _ in range(3):\n    w.square().sum().backward()\n    optimizer.step()"
    made = audit_of(
        "import torch\nw = torch.nn.Parameter(torch.ones(2))\noptimizer = torch.optim.SGD([w], lr=0.1)", loop
    )
    assert made[0] == 1
    assert "post.md:9: FG001 missing-zero-grad" in made[1]
    assert made[2] == ""


def test_a_message_cannot_command_the_terminal_or_the_log(audit_of):
    _, out, err = audit_of("raise ValueError('\\x1b[2J\\n::add-mask::x')")
    assert "\x1b" not in out + err
    assert "\n ::add-mask::x" in err


def test_the_order_of_a_page_is_found_apart_too(tmp_path):
    loop = "for _ in range(3):\n    optimizer.zero_grad()\n    w.square().sum().backward()\n    optimizer.step()"
    code = f"import torch\nw = torch.nn.Parameter(torch.ones(2))\noptimizer = torch.optim.SGD([w], lr=0.1)\n{loop}"
    (tmp_path / "post.md").write_text(f"```python\n{code}\n```\n```python\nimport os; os._exit(0)\n```\n")
    with pytest.raises(ValueError, match="ended its process; expected code that only computes"):
        order_of(str(tmp_path / "post.md"))
    (tmp_path / "post.md").write_text(f"```python\n{code}\n```\n")
    assert order_of(str(tmp_path / "post.md")) == ("zero_grad", "backward", "step")


@pytest.mark.parametrize(
    "code, way",
    [
        ("import os; os._exit(3)", " with status 3"),
        (f"{OFF}\nimport ctypes; ctypes.string_at(0)", " with SIGSEGV"),
    ],
)
def test_a_process_that_the_page_has_ended_is_told(audit_of, code, way):
    status, out, err = audit_of(code)
    assert (status, out) == (1, "")
    assert f"ended its process{way}; expected code that only computes." in err


def test_what_stops_every_clock_inside_is_ended_from_outside(audit_of, monkeypatch):
    monkeypatch.setattr(apart, "GRACE", 1)
    status, out, err = audit_of(
        "import faulthandler, signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
        "faulthandler.cancel_dump_traceback_later()\nwhile True: pass",
        seconds=1,
    )
    assert (status, out) == (1, "")
    assert "did not come back in its time; expected code that ends. Its process was ended." in err


def test_a_page_that_cannot_be_read_starts_no_process(monkeypatch):
    monkeypatch.setattr(apart.subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    with pytest.raises(LaunchError, match=r"cannot read 'no\.md'"):
        apart.audit_apart("no.md", [], BY_CODE, Bounds(), "text", "en")
