"""The blocks of docs/functionalize.md run, from top to bottom, in one namespace."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "functionalize.md"


def blocks_of(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_page_on_functionalize_runs(capsys):
    blocks = blocks_of("python")
    exec(compile("\n".join(blocks), str(PAGE), "exec"), {"__name__": "page"})
    printed = capsys.readouterr().out
    assert "arrays each: equal bits" in printed
    assert "result differs by" in printed
    assert "the step looks at a value" in printed
    assert printed.endswith(f"{blocks_of('text')[0]}\n")
