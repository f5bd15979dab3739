"""Whole training steps: certified, and a scan over many is as many stateful ones, leaf by leaf."""

import numpy as np
import pytest
from functionalized_proofs import PROOFS, assert_same, digits_mlp, first, stateful_run

from funcgrad import functionalize
from funcgrad.tolerances import tolerance

STEPS = 8


@pytest.mark.usefixtures("eager")  # the stateful steps: by the programs of the certificate
@pytest.mark.parametrize("name", PROOFS)
def test_a_scan_is_as_many_stateful_steps(name):
    case = PROOFS[name](STEPS)
    pure = functionalize(case.step, *first(case), **case.owners)
    assert pure.certificate.steps == 2
    assert pure.certificate.largest == 0  # operator by operator all bits are equal
    state, losses = pure.scan(pure.state(), *case.batches)
    np.testing.assert_allclose(losses, stateful_run(case), **tolerance("float32"))
    assert_same(state, case.owners)


def test_a_scan_of_a_thousand_steps():
    case = digits_mlp(1000)
    pure = functionalize(case.step, *first(case), certify=0, **case.owners)
    state, losses = pure.scan(pure.state(), *case.batches)
    np.testing.assert_allclose(losses, stateful_run(case), **tolerance("float32"))
    assert_same(state, case.owners)


def test_states_go_in_and_out():
    """Four stateful steps, four pure ones, four stateful ones: one trajectory."""
    expected = stateful_run(digits_mlp(12))
    case = digits_mlp(12)
    parts = [tuple(batch[k : k + 4] for batch in case.batches) for k in (0, 4, 8)]
    losses = [stateful_run(case._replace(batches=parts[0]))]
    pure = functionalize(case.step, *first(case), certify=0, **case.owners)
    state, pure_losses = pure.scan(pure.state(), *parts[1])
    pure.load(state)
    assert_same(state, case.owners)
    losses += [pure_losses, stateful_run(case._replace(batches=parts[2]))]
    np.testing.assert_allclose(np.concatenate(losses), expected, **tolerance("float32"))
