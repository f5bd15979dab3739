"""The report of an audit: text of 80 columns with the source underlined, or JSON."""

from __future__ import annotations

import json
import math
import os
import textwrap
from typing import Any

from funcgrad.audit.audit import Audit, Judged
from funcgrad.audit.checks import BY_CODE
from funcgrad.audit.measure import Effect
from funcgrad.audit.place import Place

WIDTH = 80
NAMES = 4  # parameters that are named
PROOF = frozenset({"FG001", "FG002", "FG003"})
"""The checks without a finding of which each update has used what is new, once."""
USUAL = ("zero_grad", "forward", "backward", "step")


def to_text(audit: Audit) -> str:
    """The report for a terminal."""
    blocks = [_block(each) for each in audit.judged]
    return "\n\n".join([*blocks, _summary(audit)]) + "\n"


def to_json(audit: Audit) -> str:
    """The report for programs."""
    return json.dumps(
        {
            "findings": [_entry(each) for each in audit.judged],
            "steps": audit.steps,
            "order": list(audit.order),
            "error": None if audit.error is None else f"{type(audit.error).__name__}: {audit.error}",
            "ended_by_bounds": audit.was_ended,
        },
        indent=2,
    )


def _block(judged: Judged) -> str:
    finding = judged.finding
    check = BY_CODE[finding.code]
    lines = [f"{_path(finding.place)}:{finding.place.line}: {check.code} {check.name}", *_source(finding.place)]
    lines += _paragraph(f"{finding.message}{_named(finding.parameters)}")
    lines += _paragraph(f"{'Harmless here' if judged.is_harmless else 'Effect'}: {_effect(judged)}")
    return "\n".join([*lines, *_paragraph(f"Repair: {check.repair}")])


def _entry(judged: Judged) -> dict[str, Any]:
    finding, effect = judged.finding, judged.effect
    return {
        "code": finding.code,
        "name": BY_CODE[finding.code].name,
        "file": finding.place.file,
        "line": finding.place.line,
        "column": finding.place.start + 1,
        "end_column": finding.place.end + 1,
        "message": finding.message,
        "parameters": finding.parameters,
        "times": len(finding.hits),
        "harmless": judged.is_harmless,
        "effect": None if effect is None else _figures(effect),
        "repair": BY_CODE[finding.code].repair,
    }


def _figures(effect: Effect) -> dict[str, Any]:
    written, repaired = effect.loss or (None, None)
    return {
        "cosine": effect.cosine,
        "learning_rate_factor": None if effect.factor == math.inf else effect.factor,
        "loss": written,
        "loss_repaired": repaired,
        "backward_calls": effect.calls,
    }


def _effect(judged: Judged) -> str:
    return BY_CODE[judged.finding.code].effect if judged.effect is None else effect_text(judged.effect)


def effect_text(effect: Effect) -> str:
    """The figures of an effect as a sentence."""
    parts: list[str] = []
    if effect.cosine is not None:
        parts.append(f"cosine between the used and the intended gradient {effect.cosine:.3f}")
    if effect.factor == math.inf:
        parts.append("an update where there should be none")
    elif effect.factor is not None:
        parts.append(f"effective learning rate times {effect.factor:.3g}")
    if effect.loss is not None:
        written, repaired = effect.loss
        calls = f"{effect.calls} backward pass" + ("es" if effect.calls > 1 else "")
        parts.append(f"loss after {calls} {written:.3g}, repaired {repaired:.3g}")
    return ("; ".join(parts) or "the repaired run makes the same updates") + "."


def _source(place: Place) -> list[str]:
    text = place.source
    if not text:
        return []
    number = f"{place.line:5} | "
    indent = len(text) - len(text.lstrip())
    shown = text[indent : indent + WIDTH - len(number)]
    start = max(place.start - indent, 0)
    end = min(place.end - indent, len(shown)) if place.end else len(shown)
    return [f"{number}{shown}", f"{' ' * 5} | {' ' * start}{'^' * max(end - start, 1)}"]


def _paragraph(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="  ")


def _named(parameters: list[str]) -> str:
    if not parameters:
        return ""
    more = len(parameters) - NAMES
    return f" In: {', '.join(parameters[:NAMES])}{f' and {more} more' if more > 0 else ''}."


def _path(place: Place) -> str:
    relative = os.path.relpath(place.file) if os.path.isabs(place.file) else place.file
    return place.file if relative.startswith("..") else relative


def _verdict(order: tuple[str, ...]) -> str:
    text = f"Your order is {', '.join(order)}"
    if order != USUAL and sorted(order) == sorted(USUAL):
        text += f": equivalent to {', '.join(USUAL)}"
    return f"{text}. Every update used each of its gradients once."


def _summary(audit: Audit) -> str:
    harmful = sum(not each.is_harmless for each in audit.judged)
    harmless = len(audit.judged) - harmful
    text = f"{harmful or 'no'} finding{'' if harmful == 1 else 's'}"
    text += f", {harmless} harmless" if harmless else ""
    text += f" in {audit.steps} step{'' if audit.steps == 1 else 's'}"
    text += " (the script was ended there)" if audit.was_ended else ""
    lines = [text]
    if audit.order and not audit.judged and audit.codes >= PROOF:
        lines += textwrap.wrap(_verdict(audit.order), WIDTH)
    if audit.error is not None:
        lines += textwrap.wrap(f"the script stopped with {type(audit.error).__name__}: {audit.error}", WIDTH)
    return "\n".join(lines)
