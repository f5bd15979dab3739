"""`funcgrad support`: what a script needs and will not find, and the page of what is there."""

import re
from pathlib import Path

import pytest

from docs import make_support
from funcgrad.cli import main
from funcgrad.launch import LaunchError
from funcgrad.support import problems_of
from funcgrad.support.names import namespaces
from funcgrad.torch._ops import ROWS

ROOT = Path(__file__).parents[1]
SCRIPTS = [
    *ROOT.glob("tests/support/scripts/*.py"),
    *ROOT.glob("examples/*/*.py"),
    *ROOT.glob("benchmarks/scripts/*.py"),
]

WRONG = {
    "torch.lobpcg(1)": "torch.lobpcg is not there",
    "import torch.masked": "torch.masked is not there",
    "from torch.masked import amax": "torch.masked is not there",
    "from torch.nn import Lineal": "torch.nn.Lineal is not there, nor is it in PyTorch 2.13",
    "import torch.nn as layers\nlayers.Lineal": "torch.nn.Lineal is not there, nor is it in PyTorch 2.13",
    "L = torch.linalg\nL.ldl_factor": "torch.linalg.ldl_factor is not there",
    "from torch.nn import *\nLinear(2, 3, bios=False)": "torch.nn.Linear takes no argument 'bios' here; it takes "
    "in_features, out_features, bias, device, dtype",
    "torch.jit.trace(f)": "torch.jit.trace is not there. Leave the call out and use the module or function itself: every "
    "step is recorded and compiled by XLA anyway. Save model.state_dict() instead of the module.",
    "torch.ones(2).sum(axes=0)": "torch.Tensor.sum takes no argument 'axes' here; it takes dim, keepdim, dtype, other",
    "(torch.ones(2) + 1).exp()[0].q_scale()": "torch.Tensor.q_scale is not there",
    "for row in torch.ones(2, 2):\n    row.q_scale()": "torch.Tensor.q_scale is not there",
    "def f(x: torch.Tensor):\n    x.data.q_scale()": "torch.Tensor.q_scale is not there",
    "def f(x):\n    x.q_scale()": "if this is a tensor: torch.Tensor.q_scale is not there",
    "try:\n    pass\nexcept ImportError:\n    torch.lobpcg": "torch.lobpcg is not there",
}
RIGHT = (
    "try:\n    import torch.masked\nexcept ImportError:\n    pass",
    "if hasattr(torch, 'lobpcg'):\n    torch.lobpcg(1)",
    "f = getattr(torch, 'lobpcg', None)",
    "torch.ones(2).sum(axis=0, keepdims=True)",
    "torch.abs(torch.ones(2), out=y)",
    "def f(torch):\n    return torch.lobpcg",
    "import numpy as np\nnp.q_scale()",
    "class A:\n    def q_scale(self): ...\ndef f(a):\n    a.q_scale()",
    "x.index(3)",
    "torch.nn.Module().lobpcg()",
    "from torch.utils.data import Dataset\nclass D(Dataset):\n    def __getitem__(self, k): ...",
)


def texts(tmp_path, source):
    script = tmp_path / "script.py"
    script.write_text(f"import torch\n{source}\n", encoding="utf-8")
    return [problem.text for problem in problems_of(str(script))[0]]


@pytest.mark.parametrize("source", WRONG)
def test_what_is_missing_is_found(tmp_path, source):
    assert texts(tmp_path, source) == [WRONG[source]]


@pytest.mark.parametrize("source", RIGHT)
def test_what_is_there_or_guarded_is_no_problem(tmp_path, source):
    assert texts(tmp_path, source) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script.relative_to(ROOT)))
def test_scripts_that_run_have_no_problem(script):
    assert [problem for problem in problems_of(str(script))[0] if problem.is_certain] == []


def test_files_beside_the_script_are_read_too(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").write_text("from .net import Net")
    (tmp_path / "models" / "net.py").write_text("import torch\n\ntorch.lobpcg")
    (tmp_path / "train.py").write_text("import models")
    (problem,), _ = problems_of(str(tmp_path / "train.py"))
    assert (Path(problem.path).name, problem.line) == ("net.py", 3)


def test_the_command_prints_places_and_fails(tmp_path, capsys):
    script = tmp_path / "script.py"
    script.write_text("import torch\n\ntorch.lobpcg(torch.ones(2))\n\ndef f(x):\n    x.q_scale()\n")
    assert main(["support", str(script)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{script}:3: torch.lobpcg is not there",
        f"{script}:6: if this is a tensor: torch.Tensor.q_scale is not there",
        "1 problem, 3 names of PyTorch used; 1 place to look at",
    ]


def test_the_command_is_content_with_a_script_that_runs(capsys):
    assert main(["support", str(ROOT / "benchmarks" / "scripts" / "tiny_linear.py")]) == 0
    assert capsys.readouterr().out == "all 8 names are there\n"


@pytest.mark.parametrize(
    "name, text",
    [("absent.py", "cannot read"), ("wrong.py", "is not a Python file: invalid syntax"), (".", "cannot read")],
)
def test_what_is_no_script_is_said(tmp_path, name, text):
    (tmp_path / "wrong.py").write_text("import import")
    with pytest.raises(LaunchError, match=text):
        problems_of(str(tmp_path / name))


def test_the_page_is_what_the_script_makes():
    assert make_support.PAGE.read_text(encoding="utf-8") == make_support.page(), "python docs/make_support.py"


def test_the_page_has_every_operator_and_every_namespace():
    page = make_support.page()
    assert {row.name for row in ROWS} <= set(re.findall(r"^\| `(.*?)` \|", page, re.MULTILINE))
    assert all(names.path in page for names in namespaces())


def test_known_differences_stand_beside_their_operator():
    assert re.search(r"^\| `topk` .*PyTorch's partial sort", make_support.page(), re.MULTILINE)
