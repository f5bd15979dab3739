"""The audit of a script: run it, look, and run it again without each kind of mistake that was found."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Collection
from dataclasses import dataclass

from funcgrad.audit.checks import BY_CODE, CHECKS
from funcgrad.audit.finding import Finding
from funcgrad.audit.ignoring import is_ignored
from funcgrad.audit.measure import Effect, measure
from funcgrad.audit.run import Backend, Bounds, FaceBackend, Run, run
from funcgrad.audit.timeline import Used

ALL = frozenset(BY_CODE)


@dataclass(frozen=True)
class Judged:
    """A finding and what it did, if that could be measured."""

    finding: Finding
    effect: Effect | None

    @property
    def is_harmless(self) -> bool:
        """Whether it was measured to have no effect."""
        return self.effect is not None and self.effect.is_harmless


@dataclass(frozen=True)
class Audit:
    """What an audit gave.

    Attributes:
        judged: Findings in the order of their lines.
        timeline: What each update used.
        steps: Updates made.
        order: What a usual update is made of.
        codes: The checks that were made, and ignored nowhere.
        errors: What ended the script early, or blocks of a page.
        was_ended: Whether its bounds did.
    """

    judged: list[Judged]
    timeline: list[Used]
    steps: int
    order: tuple[str, ...]
    codes: frozenset[str]
    errors: tuple[BaseException, ...]
    was_ended: bool

    @property
    def status(self) -> int:
        """1 if there are findings that are not harmless, or errors; else 0."""
        return int(bool(self.errors) or any(not each.is_harmless for each in self.judged))


def audit(
    start: Callable[[], None],
    codes: Collection[str] = ALL,
    bounds: Bounds | None = None,
    backend: Backend | None = None,
) -> Audit:
    """Audit a script.

    Args:
        start: Runs the script; it is called again for each kind of mistake that can be repaired on the way.
        codes: The checks to make.
        bounds: When to end a run.
        backend: Whose events are heard; None: the stateful face's.

    Returns:
        The findings, but those that a comment in their line ignores.
    """
    bounds = bounds or Bounds()
    linecache.checkcache()  # the file may have changed since it was shown last
    backend = backend or FaceBackend()
    state = backend.random_state()
    written = run(start, [check() for check in CHECKS if check.code in codes], None, bounds, backend)
    ignored = [f for f in written.events.findings.values() if is_ignored(f)]
    findings = [f for f in written.events.findings.values() if f not in ignored]
    repaired: dict[str, Run] = {}
    for code in {f.code for f in findings if "effect" not in BY_CODE[f.code].texts["en"]}:
        state.restore()
        repaired[code] = run(start, [], BY_CODE[code](), bounds, backend)
    state.restore()
    judged = [Judged(f, measure(f, written, repaired[f.code]) if f.code in repaired else None) for f in findings]
    events = written.events
    usual = events.orders.most_common(1)
    return Audit(
        sorted(judged, key=lambda each: (each.finding.place.file, each.finding.place.line, each.finding.code)),
        events.timeline,
        events.ledger.steps,
        usual[0][0] if usual else (),
        frozenset(codes) - {f.code for f in ignored},
        written.errors,
        written.was_ended,
    )
