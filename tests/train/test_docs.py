"""The blocks of docs/training.md run, from top to bottom, in one namespace; the numbers of docs/optax.md are measured."""

import re
from pathlib import Path

import numpy as np

from docs import make_optax

PAGE = Path(__file__).parents[2] / "docs" / "training.md"


def test_the_page_on_training_runs(capsys):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    exec(compile("\n".join(blocks), str(PAGE), "exec"), {"__name__": "page"})
    assert "Call unscale and then mean on it first." in capsys.readouterr().out


NUMBER = re.compile(r"(?<=\| )\d[\d.e+-]*(?= \|)")


def test_the_page_on_optax_has_the_numbers_that_are_measured():
    shown, measured = make_optax.PAGE.read_text(encoding="utf-8"), make_optax.page()
    assert NUMBER.sub("", shown) == NUMBER.sub("", measured), "python docs/make_optax.py"
    numbers = [np.array(NUMBER.findall(text), float) for text in (shown, measured)]
    np.testing.assert_allclose(
        *numbers, rtol=0.1
    )  # two digits; Muon iterates in bfloat16, which is not the same everywhere
