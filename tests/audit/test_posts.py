"""The code of five posts as pages: each mistake that a run can show is found at its line, and nothing else.

The pages are rebuilt from what the posts say ; the names are those of docs/semantics.md, where each is run.
"""

import re

import pytest

from funcgrad.audit import audit, starter
from funcgrad.audit.place import place_of_error
from funcgrad.audit.report import to_text

MODEL = """\
import torch
from torch import nn

model = nn.Linear(1, 1)
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
"""
BY_HAND = """\
import torch

x, y = torch.randn(64, 1000), torch.randn(64, 10)
w1 = torch.randn(1000, 100, requires_grad=True)
w2 = torch.randn(100, 10, requires_grad=True)
"""
PAGES = {
    "S1 backward, zero_grad, step": [
        MODEL,
        """\
for _ in range(5):
    x = torch.randn(1)
    loss = criterion(model(x), 2 * x)
    loss.backward()
    optimizer.zero_grad()  # FG002
    optimizer.step()
""",
    ],
    "S1 zero_grad, backward, step": [
        MODEL,
        """\
for _ in range(5):
    x = torch.randn(1)
    loss = criterion(model(x), 2 * x)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
""",
    ],
    "S2 manual_seed between the steps": [
        MODEL,
        """\
for _ in range(4):
    torch.manual_seed(0)
    x = torch.randn(1)
    loss = criterion(model(x), 2 * x)
    loss.backward()  # FG001
    optimizer.step()
""",
    ],
    "S3 training under no_grad": [
        MODEL,
        """\
with torch.no_grad():
    loss = criterion(model(torch.ones(1)), torch.ones(1))
    loss.backward()  # RuntimeError
""",
    ],
    "S3 a body that is a comment": [
        MODEL,
        """\
with torch.no_grad():
    # train
optimizer.step()  # IndentationError
""",
    ],
    "S4 model.parameter": [MODEL, "model.parameter.grad = None  # AttributeError\n"],
    "S6 a gradient of one's own is cleared too": [
        MODEL,
        """\
model.weight.grad = torch.full((1, 1), 7.0)
optimizer.zero_grad()
assert model.weight.grad is None
""",
    ],
    "S9 nothing is cleared": [
        BY_HAND,
        """\
for _ in range(5):
    loss = (x.mm(w1).clamp(min=0).mm(w2) - y).pow(2).sum()
    loss.backward()  # FG001
    with torch.no_grad():
        w1 -= 1e-8 * w1.grad
        w2 -= 1e-8 * w2.grad
""",
    ],
    "S10 the update without no_grad": [
        BY_HAND,
        """\
loss = (x.mm(w1).clamp(min=0).mm(w2) - y).pow(2).sum()
loss.backward()
w1 -= 1e-6 * w1.grad  # FG016 RuntimeError
""",
    ],
    "S11 S12 options of SGD": [
        MODEL,
        """\
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4, nesterov=True)
x, y = torch.randn(1, 1), torch.randn(1, 1)
for _ in range(5):
    optimizer.zero_grad()
    criterion(model(x), y).backward()
    optimizer.step()
""",
    ],
    "S13 fragments": ["import torch\n", "optimizer = torch.optim.SGD([W, b], lr=0.15)  # NameError\n"],
    "S14 require_grad": ["import torch\n", "A = torch.tensor([5.0], require_grad=True)  # TypeError\n"],
    "S15 backward of two elements": [
        "import torch\n",
        """\
A = torch.tensor([5.0, 6.0], requires_grad=True)
loss_function = 5 * A
loss_function.backward()  # RuntimeError
""",
    ],
    "S16 an alias of .grad": [
        "import torch\n",
        """\
A = torch.tensor([5.0], requires_grad=True)
loss_function = 5 * A
loss_function.backward(retain_graph=True)
unscaled_grad = A.grad
loss_function.backward()
assert unscaled_grad.item() == 10.0
""",
    ],
}


def expected(text):
    marks = [
        (mark, n)
        for n, line in enumerate(text.splitlines(), 1)
        if "#" in line
        for mark in line.rpartition("#")[2].split()
    ]
    return ({m for m in marks if re.fullmatch(r"FG\d{3}", m[0])}, [m for m in marks if m[0].endswith("Error")])


@pytest.mark.parametrize("name", PAGES)
def test_a_post(name, tmp_path):
    page = tmp_path / "post.md"
    page.write_text("# A post\n\n" + "\n".join(f"Some text.\n\n```python\n{block}```\n" for block in PAGES[name]))
    findings, errors = expected(page.read_text())
    made = audit(starter(str(page)))
    assert {(each.finding.code, each.finding.place.line) for each in made.judged} == findings
    raised = [(type(error).__name__, place_of_error(error).line) for error in made.errors]
    assert raised == errors
    assert not any(each.is_harmless for each in made.judged)


def test_the_right_order_is_told_that_it_is_right(tmp_path):
    page = tmp_path / "post.md"
    page.write_text("".join(f"```python\n{block}```\n" for block in PAGES["S1 zero_grad, backward, step"]))
    text = to_text(audit(starter(str(page))))
    assert "forward, zero_grad, backward, step: equivalent to" in text.replace("\n", " ")
