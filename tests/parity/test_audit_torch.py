"""The audit of real PyTorch: the checks find in the corpus and in their own examples what they find on the face."""

import re
import textwrap
from functools import partial
from pathlib import Path

import pytest
import torch
from audited import marked

from funcgrad.audit import audit, pytorch
from funcgrad.audit.checks import BY_CODE
from funcgrad.launch import LaunchError

CORPUS = Path(__file__).parents[1] / "audit" / "corpus"
SCRIPTS = sorted(CORPUS.glob("*.py"))
BLOCK = re.compile(r"^(\S[^\n]*)::\n\n((?:    [^\n]*\n|\n)+)", re.MULTILINE)
UNHEARD = {"FG021"}
"""PyTorch does not say which tensor was changed: the line is that of backward()."""


def found(path):
    made = audit(partial(pytorch.run_script, str(path), []), backend=pytorch.load())
    return {(each.finding.code, each.finding.place.line) for each in made.judged}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_the_corpus_on_pytorch(path):
    marks = marked(path.read_text())
    if not any(code in UNHEARD for code, _ in marks):
        assert found(path) == marks


def test_a_page_is_not_run_with_pytorch():
    with pytest.raises(
        LaunchError, match="is not a Python file; expected a script, which is what --backend torch runs"
    ):
        pytorch.run_script("post.md", [])


def test_pytorch_is_as_before_afterwards():
    before = [torch.autograd.backward, torch.optim.Optimizer.zero_grad, torch.nn.Module.zero_grad]
    found(CORPUS / "right_loader_and_trainer.py")
    assert [torch.autograd.backward, torch.optim.Optimizer.zero_grad, torch.nn.Module.zero_grad] == before
    assert not torch.nn.modules.module._global_forward_pre_hooks


@pytest.mark.parametrize("code", sorted(BY_CODE.keys() - UNHEARD))
@pytest.mark.parametrize("kind", ["Example", "Look-alike"])
def test_the_examples_of_the_checks_on_pytorch(code, kind, tmp_path):
    (source,) = (textwrap.dedent(text) for head, text in BLOCK.findall(BY_CODE[code].text()) if head.startswith(kind))
    (tmp_path / "script.py").write_text(source)
    assert found(tmp_path / "script.py") == marked(source)
