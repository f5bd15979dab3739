import numpy as np
import pytest

from funcgrad.compare.verdict import judge


def claims(verdict):
    return {finding.run: finding.claim for finding in verdict.findings}


def details(verdict):
    return {finding.run: finding.detail for finding in verdict.findings}


def planted(runs, run, **changes):
    return runs | {run: runs[run]._replace(**changes)}


def moved(run, by):
    return {name: np.concatenate([path[:7], path[7:] + np.float32(by)]) for name, path in run.params.items()}


def test_the_verdict_in_words(verdict):
    assert verdict.agrees
    assert claims(verdict) == {
        "a": "agrees with b",
        "c": "leaves b at step 2",
        "d": "never learns",
        "e": "is a false alarm",
        "f": "None and zeros part at step 5",
    }
    assert "the largest difference in any parameter is 0" in details(verdict)["a"]
    assert "held 2 batches at step 2, and 24 batches at step 24" in details(verdict)["c"]
    assert "bit for bit" in details(verdict)["e"]
    assert "First in parity." in details(verdict)["f"]
    assert "At step 9 the difference reaches" in details(verdict)["f"]


def test_a_wrong_functional_update_is_named(runs):
    verdict = judge(planted(runs, "a", params=moved(runs["a"], 1e-3)))
    assert not verdict.agrees
    assert claims(verdict)["a"] == "DIFFERS from b"
    assert "They part at step 7 in" in details(verdict)["a"]


def test_parameters_that_are_not_finite_do_not_agree(runs):
    broken = {run: runs[run]._replace(params=moved(runs[run], np.nan)) for run in "ab"}
    verdict = judge(runs | broken)
    assert not verdict.agrees
    assert claims(verdict)["a"] == "cannot be compared with b"
    assert "smaller --lr" in details(verdict)["a"]
    assert len(verdict.findings) == 1


def test_a_second_head_that_is_not_finite_is_not_compared(runs):
    verdict = judge(planted(runs, "f zeros", params=moved(runs["f zeros"], np.nan)))
    assert verdict.agrees
    assert claims(verdict)["f"] == "cannot be compared"


@pytest.mark.parametrize("gain, said", [(0.5, True), (-0.5, False)])
def test_forgetting_that_helps_is_said_too(runs, gain, said):
    verdict = judge(planted(runs, "c", accuracy=runs["b"].accuracy + gain))
    assert ("larger learning rate" in details(verdict)["c"]) is said


def test_every_other_outcome_has_its_words(runs):
    verdict = judge(
        runs
        | {
            "c": runs["b"],
            "d": runs["b"],
            "e": runs["b"]._replace(params=moved(runs["b"], 1e-3)),
            "f zeros": runs["f none"],
        }
    )
    assert claims(verdict) == {
        "a": "agrees with b",
        "c": "has not left b",
        "d": "has moved",
        "e": "leaves b at step 7",
        "f": "None and zeros agree",
    }
