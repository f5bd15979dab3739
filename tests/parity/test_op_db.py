"""Every operator of PyTorch's own database: values and dtypes in float32, gradients in float64 and complex128.

Values are those of compiled programs, gradients those of the host where it can compute them. Which entries count says
`op_db.entries`; what differs stands in the ledger of known differences, as `op_db NAME`.
"""

import tomllib
from pathlib import Path

import pytest
import torch as real
from op_db import DTYPES, different, entries, function_of, outcomes

from funcgrad.trace import CREDIT, set_credit

LEDGER = tomllib.loads((Path(__file__).parents[1] / "support" / "known_differences.toml").read_text(encoding="utf-8"))
ENTRIES = entries()
THERE = {name: call for name, info in ENTRIES.items() if (call := function_of(info)) is not None}
KNOWN = {name.removeprefix("op_db "): found for name, found in LEDGER.items() if name.startswith("op_db ")}
SAMPLES = 1, 1
"""Samples of an entry whose values, and whose gradients, are compared."""

SAMPLES_OF_KNOWN = 4, 2
"""The same for an entry of the ledger: its difference must show."""

AGREEING = 0.95
"""Share of the entries that are there and agree."""


def differences(name, info, part):
    """What differs in some sample of an entry, as `{part: text}`."""
    found = {}
    values, gradients = SAMPLES_OF_KNOWN if name in KNOWN else SAMPLES
    dtype = next((dtype for dtype in DTYPES if dtype in info.dtypes), None)
    set_credit(CREDIT)
    for sample in part(list(info.sample_inputs("cpu", dtype)), values) if dtype else ():
        found |= unless_rounding(info, THERE[name], sample)
    set_credit(0)
    for dtype in {real.float64, real.complex128} & info.dtypes if info.supports_autograd else ():
        for sample in part(list(info.sample_inputs("cpu", dtype, requires_grad=True)), gradients):
            ours, theirs = outcomes(info, THERE[name], sample)
            if not ours.error and not theirs.error:
                ours.differentiate()
                theirs.differentiate()
            found |= different(info, ours, theirs)
    return found


def unless_rounding(info, call, sample):
    """What differs in a sample; numbers that part in float32 are looked at again in float64."""
    found = different(info, *outcomes(info, call, sample))
    if " at (" not in found.get("values", ""):
        return found
    doubled = sample.transform(lambda x: x.double() if getattr(x, "dtype", None) == real.float32 else x)
    return different(info, *outcomes(info, call, doubled))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("name", THERE)
def test_operator_is_pytorchs(name, part):
    found = differences(name, ENTRIES[name], part)
    known = {entry["what"] for entry in KNOWN.get(name, ())}
    assert found.keys() == known, f"{found}"


def test_nearly_every_entry_is_there_and_agrees():
    absent = ENTRIES.keys() - THERE.keys()
    agreeing = THERE.keys() - KNOWN.keys()
    assert len(agreeing) >= AGREEING * len(ENTRIES), f"{len(agreeing)} of {len(ENTRIES)}; absent: {sorted(absent)}"
