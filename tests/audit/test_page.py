"""Pages: which blocks are run, where findings in them lie, and what their code may not do."""

import json
import os
import subprocess
import sys

import pytest

from funcgrad.audit import audit, starter
from funcgrad.audit.confinement import ConfinedError
from funcgrad.audit.page import Block, blocks
from funcgrad.audit.place import place_of_error
from funcgrad.audit.report import to_text
from funcgrad.audit.run import Bounds
from funcgrad.launch import LaunchError

POST = """\
# Why zero_grad?

```python
!pip install torch
import torch
w = torch.nn.Parameter(torch.ones(2))
optimizer = torch.optim.SGD([w], lr=0.1)
```

```bash
rm -rf everything
```

1. Train:

   ```python
   for _ in range(3):
       w.square().sum().backward()
       optimizer.zero_grad()
       optimizer.step()
   ```
"""
SOCKET = "import socket\nwith socket.socket(type=socket.SOCK_DGRAM) as x:"
HTML = """\
<p>Text</p><pre><code class="x">import torch
w = torch.ones(2) &lt; 3</code></pre>
<pre>$ pip install torch</pre>
<pre>
y = 1<br>z = 2
</pre>
"""


@pytest.fixture
def page(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write


def found(path):
    return {(each.finding.code, each.finding.place.line) for each in audit(starter(path)).judged}


def test_blocks_of_markdown_keep_their_lines(page):
    path = page("post.md", POST)
    assert [block.line for block in blocks(path)] == [4, 17]
    assert blocks(path)[0].source.startswith("\nimport torch\n")
    assert found(path) == {("FG002", 19)}


def test_the_report_shows_the_line_of_the_page(page):
    (judged,) = audit(starter(page("post.md", POST))).judged
    assert judged.finding.place.source == "    optimizer.zero_grad()"


def test_blocks_of_html_are_those_that_are_python(page):
    assert blocks(page("post.html", HTML)) == [
        Block(1, "import torch\nw = torch.ones(2) < 3"),
        Block(5, "y = 1\nz = 2\n"),
    ]


def test_lines_of_a_notebook_count_its_code(page):
    cells = [
        {"cell_type": "code", "source": ["import torch\n", "w = torch.nn.Parameter(torch.ones(2))"]},
        {"cell_type": "markdown", "source": ["no code"]},
        {
            "cell_type": "code",
            "source": "optimizer = torch.optim.SGD([w])\nfor _ in range(3):\n  w.sum().backward()\n  optimizer.step()",
        },
    ]
    assert found(page("book.ipynb", json.dumps({"cells": cells}))) == {("FG001", 5)}


def test_a_block_that_fails_does_not_keep_the_next_from_running(page):
    text = "```python\nimport torch\ntorch.tensor([1.0], require_grad=True)\n```\n" + POST
    made = audit(starter(page("post.md", text)))
    assert list(map(str, made.errors)) == ["tensor() got an unexpected keyword argument 'require_grad'"]
    assert {each.finding.code for each in made.judged} == {"FG002"}


@pytest.mark.parametrize("text", ["no code", "```\nimport torch\n```"])
def test_a_page_without_python_is_refused(page, text):
    with pytest.raises(LaunchError, match="has no Python; expected blocks that open with ```python"):
        audit(starter(page("post.md", text)))


@pytest.mark.parametrize(
    "code, event",
    [
        ("open('made', 'w')", "open"),
        ("import os; os.remove('kept')", "os.remove"),
        ("import pathlib; pathlib.Path('made').write_text('x')", "open"),
        ("import subprocess; subprocess.run(['touch', 'made'])", "subprocess.Popen"),
        ("import os; os.system('touch made')", "os.system"),
        ("import socket; socket.create_connection(('127.0.0.1', 9))", "socket.getaddrinfo"),
        (f"{SOCKET} x.connect(('127.0.0.1', 9))", "socket.connect"),
        (f"{SOCKET} x.sendto(b'x', ('127.0.0.1', 9))", "socket.sendto"),
        ("import sqlite3; sqlite3.connect('made')", "sqlite3.connect"),
        ("import os; os.kill(os.getpid(), 9)", "os.kill"),
        ("import os; os.utime('kept')", "os.utime"),
        ("import shutil; shutil.copy('kept', 'made')", "open"),
        ("import torch; torch.save({}, 'made')", "open"),
    ],
)
def test_a_page_may_not_act(page, tmp_path, monkeypatch, code, event):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kept").write_text("")
    made = audit(starter(page("post.md", f"```python\n{code}\n```")))
    (error,) = made.errors
    assert isinstance(error, ConfinedError)
    assert str(error).startswith(f"the page's code asked for {event}")
    assert sorted(os.listdir()) == ["kept", "post.md"]


@pytest.mark.parametrize("code", ["while True: pass", "import torch\nwhile True: torch.ones(2) + 1"])
def test_an_endless_loop_is_ended(page, code):
    made = audit(starter(page("post.md", f"```python\n{code}\n```")), bounds=Bounds(seconds=1))
    assert made.was_ended
    assert made.errors == ()


@pytest.mark.parametrize(
    "code", ["while True:\n    try: sum(range(1000))\n    except BaseException: pass", "sum(range(10 ** 12))"]
)
def test_a_process_that_does_not_end_is_ended(page, code):
    path = page("post.md", f"```python\n{code}\n```")
    script = (
        "from funcgrad.audit import audit, run, starter; run.GRACE = 2\n"
        f"audit(starter({path!r}), bounds=run.Bounds(seconds=0.5)); print('ended by itself')"
    )
    made = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (made.returncode, made.stdout) == (1, "")
    assert "Timeout" in made.stderr


def test_confinement_ends_with_the_page(page, tmp_path):
    audit(starter(page("post.md", "```python\nx = 1\n```")))
    (tmp_path / "after").write_text("x")


def test_a_page_may_read_what_lies_beside_it(page, tmp_path):
    (tmp_path / "data").write_text("3")
    code = f"assert open({str(tmp_path / 'data')!r}).read() == '3'"
    assert audit(starter(page("post.md", f"```python\n{code}\n```"))).errors == ()


@pytest.mark.parametrize("code", ["open({!r}).read()", "import os; os.listdir({!r})"])
def test_a_page_may_not_read_elsewhere(page, tmp_path, code):
    (tmp_path / "home").mkdir()
    (tmp_path / "docs").mkdir()
    path = page("docs/post.md", f"```python\n{code.format(str(tmp_path / 'home'))}\n```")
    (error,) = audit(starter(path)).errors
    assert isinstance(error, ConfinedError)


def test_a_page_in_the_home_folder_may_read_nothing_beside_it(page, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".netrc").write_text("secret")
    (error,) = audit(starter(page("post.md", f"```python\nopen({str(tmp_path / '.netrc')!r})\n```"))).errors
    assert isinstance(error, ConfinedError)


def test_every_block_that_fails_is_shown(page):
    text = "```python\n1 / 0\n```\n\n```python\nx = 1\n```\n\n```python\nx.y\n```\n\n```python\nif x:\n```\n"
    made = audit(starter(page("post.md", text)))
    assert [type(error) for error in made.errors] == [ZeroDivisionError, AttributeError, IndentationError]
    report = " ".join(to_text(made).split())  # a long path is followed by a line break
    assert [f"post.md:{line} with" in report for line in (2, 10, 14)] == [True] * 3


def test_so_it_is_in_html_and_in_notebooks(page):
    markup = page("post.html", "<pre>1 / 0</pre>\n<pre>x = 1</pre>\n<pre>x.y</pre>")
    cells = [{"cell_type": "code", "source": source} for source in ("1 / 0", "x = 1", "x.y")]
    notebook = page("book.ipynb", json.dumps({"cells": cells}))
    for path in (markup, notebook):
        made = audit(starter(path))
        assert [(type(error), place_of_error(error).line) for error in made.errors] == [
            (ZeroDivisionError, 1), (AttributeError, 3),
        ]  # fmt: skip


def test_mistakes_that_stop_two_blocks_are_both_found(page):
    block = "```python\nw = torch.ones(2, requires_grad=True)\nw.sum().backward()\nw -= w.grad\n```\n"
    path = page("post.md", "```python\nimport torch\n```\n" + 2 * block)
    assert found(path) == {("FG016", 7), ("FG016", 12)}
