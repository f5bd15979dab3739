import numpy as np
import pytest

from funcgrad.compare.difference import TOLERANCE, compare
from funcgrad.compare.experiment import RUNS, uses_head


def parameters_equal(left, right):
    return all(np.array_equal(left.params[name], right.params[name]) for name in right.params)


def test_all_runs_are_there(runs):
    assert tuple(runs) == RUNS


def test_all_runs_of_one_model_begin_at_the_same_weights(runs):
    for group in ("abcde", ("f none", "f zeros")):
        first = {name: path[0] for name, path in runs[group[0]].params.items()}
        for run in group:
            assert all(np.array_equal(runs[run].params[name][0], first[name]) for name in first)


def test_functional_and_stateful_agree(runs):
    assert compare(runs["a"].params, runs["b"].params).relative <= TOLERANCE


def test_clearing_after_the_step_is_the_same(runs):
    assert parameters_equal(runs["e"], runs["b"])


def test_clearing_before_the_step_learns_nothing(runs):
    assert not runs["d"].update_norm.any()
    assert not runs["d"].used_norm.any()


@pytest.mark.parametrize("run, counts", [("a", [1] * 24), ("b", [1] * 24), ("c", range(1, 25)), ("d", [0] * 24)])
def test_batches_in_the_gradient(runs, run, counts):
    np.testing.assert_array_equal(runs[run].batches_in_grad, list(counts))


def test_forgetting_leaves_at_the_second_step(runs):
    assert compare(runs["c"].params, runs["b"].params).first_step == 2


def test_a_head_without_gradient_rests_with_none_and_moves_with_zeros(runs):
    used = uses_head(24)
    rests, moves = (
        np.diff(runs[run].params["parity.weight"], axis=0).any(axis=(1, 2)) for run in ("f none", "f zeros")
    )
    np.testing.assert_array_equal(rests, used)
    assert moves.all()


def test_none_and_zeros_part_at_the_first_step_that_leaves_the_head_out(runs):
    difference = compare(runs["f zeros"].params, runs["f none"].params)
    assert difference.first_step == 1 + np.flatnonzero(~uses_head(24))[0]
    assert difference.first_parameter.startswith("parity.")


@pytest.mark.parametrize("steps", [1, 5, 6, 24, 301])
def test_the_second_head_is_used_first_and_in_every_other_block(steps):
    used = uses_head(steps)
    assert len(used) == steps
    assert used[0]
    assert np.abs(np.diff(used.astype(int))).sum() == min(steps, 6) - 1
