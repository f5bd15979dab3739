"""Update rules of one name and another formula.

Each run is computed again from its own gradients and parameters, step by step, by every variant of its rule. Two runs
that follow two variants differ by what sets the variants apart, whatever else has made their numbers drift.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from funcgrad.divergence.case import Case, Explanation, unit
from funcgrad.divergence.rules import RULES, Choices, Rule, Slots
from funcgrad.divergence.run import Key, Quantity, Run, Step
from funcgrad.divergence.ulp import scale_of

MOST = 1000
"""Entries of a parameter that are computed again."""

LARGEST, USUAL = 32.0, 4.0
"""Ulp of a parameter by which a variant that is right may miss at most, and in the root mean square."""

MARGIN = 1.25
"""A variant also counts as right if it misses by so little more than the best one."""

WORSE = 2.0
"""The variant of the other run must miss by so many times more."""

ROUNDING = "rounding"
"""The cause that is no mistake."""

OTHERS = frozenset({"NAdam", "RAdam", "Adamax", "Adadelta", "ASGD", "Rprop", "LBFGS", "Muon", "Adafactor"})
"""Rules of PyTorch without known variants."""


class Fit(NamedTuple):
    """How well a variant meets a run, in ulp of the parameters."""

    choices: Choices
    usual: float  # root mean square
    largest: float


class Replay(NamedTuple):
    """The updates of a run, the entries of all parameters in a row."""

    before: np.ndarray  # [steps, n]
    grads: np.ndarray  # [steps, n], nan where there is none
    after: np.ndarray  # [steps, n]
    units: np.ndarray  # [n]
    options: list[dict[str, Any]]  # for each step, a row [n] each
    slots: Slots  # before the first step
    counts: np.ndarray  # [n], of the steps made before the recording


def explain(case: Case) -> Explanation | None:
    """Name the field in which the variants differ that the two runs follow."""
    names = [_rule_of(run, case.step) for run in (case.a, case.b)]
    if None not in names and names[0] != names[1]:
        told = [f"uses {run.steps[case.step - 1].optimizer}" for run in (case.a, case.b)]
        evidence = "The options that they were given belong to two rules."
        return Explanation("another optimizer", told, evidence, "Use the same.")
    found = _both_fits(case)
    return found and _compared(*found)


def explain_rounding(case: Case) -> Explanation | None:
    """Show that both runs follow one rule, which has made much of what the gradients are apart by rounding."""
    found = _both_fits(case) if math.isfinite(case.first.ulp) else None
    if found is None:
        return None
    name, *fits = found
    for x in _right(fits[0]):
        for y in _right(fits[1]):
            if x.choices == y.choices:
                return _rounding(case, name, x, y)
    return None


def _rounding(case: Case, name: str, x: Fit, y: Fit) -> Explanation:
    step, _, parameter = case.first.key
    grads = [run.get(step, "grad", parameter) for run in (case.a, case.b)]
    told = [f"has the gradient {q.array()[case.first.place]:.3g} there" if q and q.stride == 1 else "" for q in grads]
    largest = max(scale_of(case.a.quantities[key].values) for key in case.a.quantities if key[:2] == (step, "grad"))
    evidence = (
        f"The largest gradient is {largest:.3g}: what is left there is rounding, and {name} divides by its size. "
        f"Computed again from each run's own gradients, one rule meets A within {x.largest:.2g} ulp and B within "
        f"{y.largest:.2g}."
    )
    return Explanation(ROUNDING, told, evidence, "none. From here on the runs drift apart by themselves.")


def _both_fits(case: Case) -> tuple[str, list[Fit], list[Fit]] | None:
    name = _rule_of(case.a, case.step) or _rule_of(case.b, case.step)
    if name is None or OTHERS & {run.steps[case.step - 1].optimizer for run in (case.a, case.b)}:
        return None
    replays = [_replay(RULES[name], *runs, case.step) for runs in ((case.a, case.b), (case.b, case.a))]
    known = [replay for replay in replays if replay is not None]
    if len(known) < 2:
        return None
    variants = list(RULES[name].variants(*(replay.options[0] for replay in known)))
    a, b = (list(_fits(RULES[name], replay, variants)) for replay in known)
    return name, a, b


def _rule_of(run: Run, step: int) -> str | None:
    """By its options; a run that does not tell its optimizer may not tell all of them, and follows the other's."""
    options = next(iter(run.steps[step - 1].options.values()), {})
    if not run.steps[step - 1].optimizer:
        return None
    return next((name for name, rule in RULES.items() if rule.option in options), None)


def _compared(name: str, a: list[Fit], b: list[Fit]) -> Explanation | None:
    ours, theirs = _right(a), _right(b)
    if not ours or not theirs or any(fit.choices in [x.choices for x in theirs] for fit in ours):
        return None
    x, y = min(itertools.product(ours, theirs), key=lambda pair: len(_apart(*pair)))
    wrong = [next(fit for fit in fits if fit.choices == right.choices) for fits, right in ((a, y), (b, x))]
    if any(missed.usual < WORSE * right.usual for missed, right in zip(wrong, (x, y), strict=True)):
        return None
    fields = _apart(x, y)
    texts = ["; ".join(RULES[name].fields[f].choices[fit.choices[f]] for f in fields) for fit in (x, y)]
    evidence = (
        f"Computed again that way from its own gradients ({name}), A is met within {x.largest:.2g} ulp and B within "
        f"{y.largest:.2g}; the other way round within {wrong[0].largest:.3g} and {wrong[1].largest:.3g}."
    )
    cause = " and ".join(RULES[name].fields[f].cause for f in fields)
    advice = " ".join(RULES[name].fields[f].advice for f in fields)
    return Explanation(cause, texts, evidence, advice)


def _right(fits: list[Fit]) -> list[Fit]:
    best = min((fit.usual for fit in fits), default=np.inf)
    bound = MARGIN * best + 0.02
    return [fit for fit in fits if fit.usual <= min(bound, USUAL) and fit.largest <= LARGEST]


def _apart(x: Fit, y: Fit) -> list[str]:
    return [field for field in x.choices if x.choices[field] != y.choices[field]]


def _fits(rule: Rule, replay: Replay, variants: list[Choices]) -> Iterator[Fit]:
    for choices in variants:
        missed = _missed(rule, replay, choices)
        usual, largest = float(np.sqrt((missed**2).mean())), float(np.abs(missed).max())
        yield Fit(choices, *(x if np.isfinite(x) else np.inf for x in (usual, largest)))


def _missed(rule: Rule, replay: Replay, choices: Choices) -> np.ndarray:
    """What the variant misses each update by, in ulp."""
    slots, count = replay.slots, replay.counts
    missed = []
    for before, grad, after, options in zip(replay.before, replay.grads, replay.after, replay.options, strict=True):
        there = ~np.isnan(grad)
        count = count + there
        with np.errstate(all="ignore"):
            made, new = rule.step(np.where(there, grad, 0.0), before, slots, count, options, choices)
        slots = {name: np.where(there, new.get(name, slot), slot) for name, slot in slots.items()}
        missed.append(np.where(there, made - after, 0.0) / replay.units)
    return np.stack(missed)


def _replay(rule: Rule, run: Run, other: Run, last: int) -> Replay | None:
    names = [name for name in _told(run, other, last) if run.get(last, "param", name) and _unit(run, name)]
    steps = [step for step in range(1, last + 1) if _told(run, other, step) >= set(names)]
    if not names:
        return None
    sizes = [min(run.quantities[Key(0, "param", name)].values.size, MOST) for name in names]

    def row(found: Callable[[str], Quantity | None], missing: float) -> np.ndarray:
        return np.concatenate([_entries(found(name), size, missing) for name, size in zip(names, sizes, strict=True)])

    options = [_options(run.steps[s - 1], other.steps[s - 1], names, sizes) for s in steps]
    if not options[0].keys() >= {"lr", rule.option}:
        return None
    return Replay(
        np.stack([row(lambda name, s=s: run.before(s, "param", name), np.nan) for s in steps]),
        np.stack([row(lambda name, s=s: run.get(s, "grad", name), np.nan) for s in steps]),
        np.stack([row(lambda name, s=s: run.before(s + 1, "param", name), np.nan) for s in steps]),
        np.repeat([_unit(run, name) for name in names], sizes),
        options,
        {slot: row(lambda name, slot=slot: run.get(0, f"state.{slot}", name), 0.0) for slot in rule.slots},
        row(lambda name: _spread(run.get(0, "state.step", name)), 0.0),
    )


def _told(run: Run, other: Run, step: int) -> set[str]:
    """The parameters whose options are known in a step: those of the optimizer that has made it."""
    return {*run.steps[step - 1].options, *other.steps[step - 1].options}


def _spread(scalar: Quantity | None) -> Quantity | None:
    """A number as if each entry of a parameter had its own."""
    return scalar and scalar._replace(values=np.repeat(scalar.values, MOST))


def _unit(run: Run, name: str) -> float:
    return max(unit(q) for key, q in run.quantities.items() if key.kind == "param" and key.name == name)


def _entries(quantity: Quantity | None, size: int, missing: float) -> np.ndarray:
    return np.full(size, missing) if quantity is None else quantity.values[:size].astype(np.float64)


def _options(step: Step, other: Step, names: list[str], sizes: list[int]) -> dict[str, Any]:
    """The options of a step as rows, with those of the other run where this one has not told them."""
    told = [{**other.options.get(name, {}), **step.options.get(name, {})} for name in names]
    common = set.intersection(*(set(options) for options in told))
    return {option: np.repeat([float(options[option]) for options in told], sizes) for option in sorted(common)}
