import numpy as np
import pytest

from funcgrad.compare.measure import count_batches
from funcgrad.compare.trajectory import norms, stack


@pytest.fixture
def fresh():
    draw = np.random.default_rng(0).standard_normal
    return {"w": draw((8, 3, 2)).astype(np.float32), "b": draw((8, 2)).astype(np.float32)}


def summed(fresh, cleared_before):
    """What `.grad` holds when it is cleared before the given steps."""
    used = []
    for step in range(8):
        new = {name: path[step] for name, path in fresh.items()}
        if used and step not in cleared_before:
            new = {name: used[-1][name] + value for name, value in new.items()}
        used.append(new)
    return stack(used)


@pytest.mark.parametrize(
    "cleared_before, counts",
    [(range(8), [1] * 8), ([], range(1, 9)), ([4], [1, 2, 3, 4, 1, 2, 3, 4]), ([1, 2, 5], [1, 1, 1, 2, 3, 1, 2, 3])],
    ids=["always cleared", "never", "every fourth", "now and then"],
)
def test_batches_are_counted_from_the_numbers(fresh, cleared_before, counts):
    np.testing.assert_array_equal(count_batches(summed(fresh, cleared_before), fresh), list(counts))


def test_a_gradient_of_zero_holds_no_batch(fresh):
    nothing = {name: np.zeros_like(path) for name, path in fresh.items()}
    np.testing.assert_array_equal(count_batches(nothing, fresh), np.zeros(8))


def test_a_gradient_that_is_not_finite_is_not_counted(fresh):
    used = summed(fresh, [])
    used["b"][5:] = np.nan
    np.testing.assert_array_equal(count_batches(used, fresh), [1, 2, 3, 4, 5, *[np.nan] * 3])


def test_norms_are_over_all_parameters_of_a_step():
    np.testing.assert_allclose(norms({"w": np.array([[3.0], [0.0]]), "b": np.array([4.0, 2.0])}), [5, 2])


def test_every_figure_has_its_steps(runs, settings):
    for run in runs.values():
        curves = (run.loss, run.used_norm, run.fresh_norm, run.batches_in_grad, run.update_norm)
        assert {len(curve) for curve in curves} == {settings.steps}
        assert {len(path) for path in run.params.values()} == {settings.steps + 1}
        assert run.accuracy_steps.tolist() == [0, 10, 20, 24]
        assert len(run.accuracy) == 4


def test_the_fresh_gradient_is_the_one_used_where_zero_grad_is_in_its_place(runs):
    np.testing.assert_allclose(runs["b"].used_norm, runs["b"].fresh_norm, rtol=1e-5)
    np.testing.assert_allclose(runs["a"].used_norm, runs["a"].fresh_norm, rtol=1e-5)


def test_without_momentum_history_the_first_update_is_the_gradient_times_the_learning_rate(runs, settings):
    np.testing.assert_allclose(runs["b"].update_norm[0], settings.lr * runs["b"].used_norm[0], rtol=1e-4)
