"""The loops as the report shows them: the very lines that ran, without the one that lets the recorder look."""

from __future__ import annotations

import ast
import inspect
import textwrap

from funcgrad.compare.loops import Loop

FUNCTIONAL = """\
for batch in batches:
    state, metrics = step(state, batch)"""


def listing(loop: Loop) -> str:
    """Return the `for` statement of a loop."""
    function = inspect.unwrap(getattr(loop, "func", loop))
    source = textwrap.dedent(inspect.getsource(function))
    body = next(node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.For))
    lines = source.splitlines()[body.lineno - 1 : body.end_lineno]
    return textwrap.dedent("\n".join(line for line in lines if "yield" not in line))
