"""Expectations: what operators take for granted of values that are not known yet, checked when these are.

A check never makes anything be computed early: a value that is expected to be right is a result of its trace like any
other, and is looked at when somebody looks at anything, or before the next program starts.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np

from funcgrad.errors import users_frame
from funcgrad.trace.record import Expectation, Trace
from funcgrad.trace.value import Value

Check = Callable[[np.ndarray], None]


def expect(value: Value, check: Check) -> None:
    """Check a value: now if it is known, else once it is. Where nothing is computed, nothing is checked.

    Args:
        value: Known, or pending in the calling thread's trace.
        check: Raises what is to be raised for a wrong array.

    Raises:
        Exception: What `check` raises.
    """
    if value.array is not None:
        check(np.asarray(value.array))
    elif value.trace is not None and not value.trace.refusal:
        value.trace.expectations.append(Expectation(value, check, _place()))


def meet(trace: Trace) -> None:
    """Check what has been computed of all that is expected.

    Raises:
        Exception: What a check raises, with a note on the line that expected otherwise.
    """
    if not trace.expectations:
        return
    computed = [e for e in trace.expectations if e.value.array is not None]
    trace.expectations = [e for e in trace.expectations if e.value.array is None]
    for expectation in computed:
        try:
            expectation.check(np.asarray(expectation.value.array))
        except Exception as error:
            error.add_note(f"funcgrad: raised for {expectation.place}, whose values were not known before")
            raise


def _place() -> str:
    frame = users_frame()
    return f"line {frame.f_lineno} of {os.path.basename(frame.f_code.co_filename)}" if frame else "an operator"
