"""How many backward passes an update is made of: as it usually is, and as its losses say."""

from __future__ import annotations

import math

from funcgrad.audit.ledger import Gradient, Ledger, Step, Term

ROUNDING = 1e-3  # of a factor in the precision of the loss


def usual_window(ledger: Ledger, user: int, newest: Term) -> int:
    """How many passes of a line an update of this optimizer usually uses; 0 if it is one."""
    windows = ledger.windows.get(user, {}).get(newest.call.place)
    usual = windows.most_common(1)[0][0] if windows else 0
    return usual if usual > 1 else 0


def torn_window(gradient: Gradient, step: Step) -> list[Term]:
    """The terms of a window of which a part was cleared.

    Just as many passes as the loss was divided by have been made since the last update: they were meant for this one,
    unless the parameters were moved in between, as SAM does it.
    """
    newest = step.newest()
    if newest is None or step.has_closure or gradient.is_treated or gradient.is_moved:
        return []
    made = [term for term in (*gradient.cleared, *gradient.fresh(step.user)) if term.is_like(newest)]
    is_torn = len(made) > 1 and any(term in gradient.cleared for term in made)
    factor = newest.call.factor() if is_torn else None
    return made if factor is not None and math.isclose(factor * len(made), 1, rel_tol=ROUNDING) else []
