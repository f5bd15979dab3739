"""Modules that compute something else: other settings, another dropout mask, another variance in BatchNorm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from funcgrad.divergence.case import Case, Explanation, is_close
from funcgrad.divergence.run import Quantity, Run

NO_RULE = frozenset({"class", "inplace", "track_running_stats"})
"""Entries of a module that do not change its output."""


def explain_settings(case: Case) -> Explanation | None:
    """Find a module that was built with other settings, at the difference or before it."""
    for name, ours in case.a.modules.items():
        theirs = case.b.modules.get(name, {})
        told = [_told(settings, ours, theirs) for settings in _apart(ours, theirs)]
        if told:
            kind = str(ours["class"])
            evidence = f"Module {name} ({kind}) is built otherwise; the first difference is {_where(case, name)}."
            does = [", ".join(texts) for texts in zip(*told, strict=True)]
            return Explanation("setting of a module", does, evidence, f"Build {kind} with the same settings.")
        if case.first.key.family == "output" and case.first.key.name == name:
            return None  # what comes later cannot have made this difference
    return None


def _where(case: Case, name: str) -> str:
    return "its output" if case.first.key.name == name else "behind it"


def _apart(ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[str]:
    yield from (n for n in ours if n in theirs and n not in NO_RULE and ours[n] != theirs[n])


def _told(setting: str, ours: dict[str, Any], theirs: dict[str, Any]) -> tuple[str, str]:
    return f"{setting}={ours[setting]!r}", f"{setting}={theirs[setting]!r}"


def explain_dropout(case: Case) -> Explanation | None:
    """Find an output that differs only in where it is zero."""
    for name, a, b in _outputs(case):
        left, right = a.array(), b.array()
        shared = (left != 0) & (right != 0)
        zeros = float((left == 0).mean()), float((right == 0).mean())
        if is_close(left, right) or not shared.any():
            continue
        if not (0 < zeros[0] < 1 and 0 < zeros[1] < 1 and is_close(left[shared], right[shared])):
            return None
        evidence = f"Where the output of module {name} is not zero in either run, it is the same."
        shares = [f"drops {share:.1%} of the entries" for share in zeros]
        advice = "Draw the masks from one seed, at the same place in the stream, or switch dropout off to compare."
        return Explanation("dropout mask", shares, evidence, advice)
    return None


def explain_batch_norm(case: Case) -> Explanation | None:
    """Find a normalised output whose spread tells another variance or epsilon."""
    for name, a, b in _outputs(case):
        if is_close(a.array(), b.array()):
            continue
        ours, theirs = (_spread(run, name, each) for run, each in ((case.a, a), (case.b, b)))
        if ours is None or theirs is None:
            return None
        return _unbiased(name, a, ours, theirs)
    return None


def _outputs(case: Case) -> Iterator[tuple[str, Quantity, Quantity]]:
    return case.both(case.step, "output", whole=True)


def _spread(run: Run, name: str, quantity: Quantity) -> np.ndarray | None:
    """The variance of each channel of a normalised batch, before weight and bias; about 1."""
    weight, bias = run.get(0, "param", f"{name}.weight"), run.get(0, "param", f"{name}.bias")
    output = quantity.array()
    if output.ndim < 2 or weight is None or weight.shape != (output.shape[1],):
        return None
    channels = np.moveaxis(output, 1, -1).reshape(-1, output.shape[1])
    centred = channels - (bias.array() if bias is not None else 0.0)
    if abs(centred.mean(0)).max() > 1e-3 * abs(centred).max() or not weight.array().all():
        return None
    return (centred / weight.array()).var(0)


def _unbiased(name: str, a: Quantity, ours: np.ndarray, theirs: np.ndarray) -> Explanation | None:
    """Compare the spreads: a variance over n - 1 instead of n leaves them at (n - 1) / n."""
    count = a.array().size // a.shape[1]
    ratio = theirs / ours
    for factor, texts in (((count - 1) / count, ("n", "n - 1")), (count / (count - 1), ("n - 1", "n"))):
        if np.abs(ratio - factor).max() < 0.1 * abs(factor - 1):
            told = [f"divides by {text} for the variance that it normalises with" for text in texts]
            evidence = f"Channels of module {name} spread by {ratio.mean():.6g} times as much in B, n = {count}."
            advice = "Normalise with the biased variance (n) and keep the unbiased one (n - 1) as running_var."
            return Explanation("BatchNorm variance", told, evidence, advice)
    return None
