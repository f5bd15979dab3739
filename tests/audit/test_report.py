"""What is printed: 80 columns with the line underlined, and JSON that says the same."""

import json
import textwrap

import pytest
from audited import audited

from funcgrad.audit.report import to_json, to_text

FORGOTTEN = """\
import torch
torch.manual_seed(0)
w = torch.nn.Parameter(torch.ones(2))
optimizer = torch.optim.SGD([w], lr=0.5)
for _ in range(3):
    if True:
        w.square().sum().backward()
    optimizer.step()
"""
TEXT = """\
script.py:7: FG001 missing-zero-grad
    7 | w.square().sum().backward()
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^
  The update in line 8 used gradients that hold 2 to 3 backward passes; all but
  the last had been used by earlier updates. In: w.
  Effect: an update where there should be none; loss after 3 backward passes 2,
  repaired 0.
  Repair: Call optimizer.zero_grad() before this backward(), or after step().

1 finding in 3 steps
"""
RIGHT = FORGOTTEN.replace("if True:", "if not optimizer.zero_grad():")


@pytest.fixture
def audit_of(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def audit(source):
        (tmp_path / "script.py").write_text(source)
        return audited(tmp_path / "script.py")

    return audit


def test_text(audit_of):
    assert to_text(audit_of(FORGOTTEN)) == TEXT


def test_a_right_loop_is_told_so(audit_of):
    verdict = "no findings in 3 steps\nYour order is zero_grad, backward, step. Every update used each of its gradients once.\n"
    assert to_text(audit_of(RIGHT)) == "\n".join(textwrap.wrap(verdict.partition("\n")[2], 80)).join(
        ["no findings in 3 steps\n", "\n"]
    )


def test_an_order_that_is_another_one_in_disguise_is_told_which(audit_of):
    source = RIGHT.replace(
        "if not optimizer.zero_grad():", "if True:\n        y = torch.nn.Identity()(w)\n        optimizer.zero_grad()"
    )
    text = to_text(audit_of(source)).replace("\n", " ")
    assert "forward, zero_grad, backward, step: equivalent to zero_grad, forward, backward, step." in text


def test_json_holds_the_figures(audit_of):
    report = json.loads(to_json(audit_of(FORGOTTEN)))
    (finding,) = report["findings"]
    assert finding["file"].endswith("script.py")
    assert {name: finding[name] for name in ("code", "line", "column", "end_column", "parameters", "times")} == {
        "code": "FG001", "line": 7, "column": 9, "end_column": 36, "parameters": ["w"], "times": 2,
    }  # fmt: skip
    assert finding["effect"]["loss"] == 2
    assert (report["steps"], report["error"], report["ended_by_bounds"]) == (3, None, False)


def test_no_line_is_longer_than_80_columns(audit_of):
    source = FORGOTTEN.replace("w.square()", f"(w + {' + '.join(['0.0'] * 30)}).square()")
    assert max(map(len, to_text(audit_of(source)).splitlines())) <= 80
