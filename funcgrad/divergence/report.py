"""The report of a comparison, for a terminal of 80 columns and as JSON."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Iterator
from typing import Any

from funcgrad.divergence.comparison import Comparison
from funcgrad.divergence.run import Run
from funcgrad.divergence.walk import FAMILIES, Difference

WIDTH, COLUMN = 80, 8
ROWS = 12
"""Steps that are shown: the first ones and the last ones."""

HEADS = {
    "input": "batch",
    "output": "modules",
    "loss": "loss",
    "buffer": "buffers",
    "sum": "grads",
    "grad": "clipped",
    "option": "options",
    "state": "state",
    "param": "params",
}
NAMES = {
    "input": "batch",
    "output": "output of module",
    "loss": "loss",
    "buffer": "buffer",
    "sum": "gradient of",
    "grad": "gradient given to the optimizer, of",
    "option": "option",
    "param": "parameter",
}
DIGITS = {"float64": 17, "float32": 9, "float16": 5, "bfloat16": 4}


def to_text(comparison: Comparison) -> str:
    """The report for a terminal."""
    blocks = [_runs(comparison), *_unpaired(comparison), _table(comparison), *_verdict(comparison)]
    return "\n\n".join(blocks)


def _runs(comparison: Comparison) -> str:
    a, b = comparison.pairing.a, comparison.pairing.b
    lines = [f"{name}  {_shown(run)}" for name, run in (("A", a), ("B", b))]
    dtypes = [sorted({q.dtype for key, q in run.quantities.items() if key.kind == "param"}) for run in (a, b)]
    if dtypes[0] != dtypes[1]:
        lines += _wrapped(f"Parameters are {' and '.join(dtypes[0])} in A, {' and '.join(dtypes[1])} in B.", "   ")
    renamed = list(comparison.pairing.renamed.items())
    if renamed:
        listed = ", ".join(f"{ours} = {theirs}" for ours, theirs in renamed[:3])
        more = ", ..." if len(renamed) > 3 else ""
        lines += _wrapped(f"Paired by order and shape (A = B): {listed}{more}", "   ")
    return "\n".join(lines)


def _shown(run: Run) -> str:
    return f"{run.path} ({run.library}; {_count(len(run.steps), 'step')}, {_count(len(run.parameters()), 'parameter')})"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _unpaired(comparison: Comparison) -> Iterator[str]:
    for run, names in (("A", comparison.pairing.only_a), ("B", comparison.pairing.only_b)):
        if names:
            yield _block(f"Only in {run}: {', '.join(names)}. The other run has no optimizer that holds it.")


def _table(comparison: Comparison) -> str:
    steps = list(comparison.walk.largest.items())
    shown = steps if len(steps) <= ROWS else [*steps[: ROWS // 2], *steps[-ROWS // 2 :]]
    lines = [f"Largest distance in ulp (limit {comparison.limit:g}):"]
    lines.append(f"{'step':<4}" + "".join(f"{HEADS[family]:>{COLUMN}}" for family in FAMILIES))
    for place, (step, row) in enumerate(shown):
        if place == ROWS // 2 and shown is not steps:
            lines.append("...")
        lines.append(f"{step:<4}" + "".join(f"{_figure(row.get(family)):>{COLUMN}}" for family in FAMILIES))
    return "\n".join(lines)


def _figure(ulp: float | None) -> str:
    if ulp is None:
        return "-"
    return f"{ulp:.1f}" if 0 < ulp < 10 else f"{ulp:.0f}" if ulp < 1e6 else f"{ulp:.0e}"


def _verdict(comparison: Comparison) -> Iterator[str]:
    first, found = comparison.walk.first, comparison.explanation
    if first is None:
        yield _agreement(comparison)
    else:
        if comparison.agrees:
            yield "The runs agree up to rounding."
        place, values = _wrapped(f"First difference: {_place(first)}"), _wrapped(_values(first, comparison.limit), "  ")
        yield "\n".join([*place, *values])
    if found is not None:
        parts = (f"A: {found.does[0]}", f"B: {found.does[1]}", found.evidence, f"Repair: {found.advice}")
        head = "Cause" if first is not None else "Seen within the limit"
        yield "\n".join([f"{head}: {found.cause}", *(line for part in parts for line in _wrapped(part, "  "))])
    elif first is not None:
        yield _block(f"No known cause explains it. Tried: {', '.join(comparison.tried)}.")


def _agreement(comparison: Comparison) -> str:
    steps = len(comparison.walk.largest) - 1
    largest = max((ulp for row in comparison.walk.largest.values() for ulp in row.values()), default=0.0)
    if comparison.agrees and largest == 0:
        return f"The runs agree for {_count(steps, 'step')}, value for value."
    if comparison.agrees:
        return f"The runs agree for {_count(steps, 'step')}: nothing is more than {_figure(largest)} ulp apart."
    return f"What the runs have in common agrees for {_count(steps, 'step')}."


def _place(first: Difference) -> str:
    key = first.key
    when = "before the first update" if key.step == 0 else f"step {key.step}"
    what = f"{key.kind.partition('.')[2]} of" if key.family == "state" else NAMES[key.family]
    part = key.kind.partition(".")[2] if key.family in ("input", "loss") else ""
    dtypes = "/".join(dict.fromkeys(filter(None, first.dtypes)))
    return f"{when}, {' '.join(filter(None, (what, part, key.name)))} ({dtypes})"


def _values(first: Difference, limit: float) -> str:
    if first.values == (None, None):
        return f"shape {list(first.shapes[0])} in A, {list(first.shapes[1])} in B"
    if None in first.values:
        return f"A: {first.values[0]}, B: {first.values[1]}"
    a, b = (_number(value, dtype) for value, dtype in zip(first.values, first.dtypes, strict=True))
    place = f" at {list(first.place)}" if first.place else ""
    apart = f"{_figure(first.ulp)} ulp apart" if math.isfinite(first.ulp) else "not equal"
    share = f"; {first.beyond} of {first.size} entries are beyond {limit:g}" if first.size > 1 else ""
    return f"A {a}, B {b}{place}: {apart}{share}"


def _number(value: Any, dtype: str) -> str:
    return f"{value:.{DIGITS.get(dtype, 9)}g}" if isinstance(value, float) else str(value)


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )


def _block(text: str) -> str:
    return "\n".join(_wrapped(text))


def to_json(comparison: Comparison) -> str:
    """All figures; an infinite distance is null."""
    first, found = comparison.walk.first, comparison.explanation
    return json.dumps(
        {
            "agrees": comparison.agrees,
            "limit_ulp": comparison.limit,
            "runs": [_run(run) for run in (comparison.pairing.a, comparison.pairing.b)],
            "only_in": {"A": comparison.pairing.only_a, "B": comparison.pairing.only_b},
            "renamed": comparison.pairing.renamed,
            "largest_ulp": {
                step: {HEADS[family]: _finite(ulp) for family, ulp in row.items()}
                for step, row in comparison.walk.largest.items()
            },
            "first_difference": None if first is None else _difference(first),
            "cause": None if found is None else found._asdict(),
            "ruled_out": comparison.tried,
        },
        indent=2,
    )


def _run(run: Run) -> dict[str, Any]:
    return {"path": run.path, "library": run.library, "steps": len(run.steps), "parameters": len(run.parameters())}


def _difference(first: Difference) -> dict[str, Any]:
    return {
        **first.key._asdict(),
        "ulp": _finite(first.ulp),
        "place": first.place,
        "values": [_plain(value) for value in first.values],
        "dtypes": first.dtypes,
        "shapes": first.shapes,
        "entries_beyond": first.beyond,
        "entries": first.size,
    }


def _finite(ulp: float) -> float | None:
    return ulp if math.isfinite(ulp) else None


def _plain(value: Any) -> Any:
    return value if isinstance(value, (int, str, type(None))) or math.isfinite(abs(value)) else str(value)
