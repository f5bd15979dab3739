import numpy as np
import pytest

from funcgrad.compare.report.scale import Linear, Log, linear_scale, log_scale, power_of_ten, round_step


def test_a_linear_scale_goes_from_zero_to_a_round_figure():
    scale = linear_scale(np.array([0.3, 2.7]), np.array([1.0, np.inf]))
    assert scale == Linear(0.0, 3.0)
    np.testing.assert_allclose(scale.place(np.array([0, 1.5, 3])), [0, 0.5, 1])
    assert [label for _, label in scale.ticks()] == ["0", "1", "2", "3"]


def test_shares_are_written_in_percent():
    assert [label for _, label in Linear(0.0, 1.0, percent=True).ticks()] == ["0 %", "50 %", "100 %"]


def test_a_logarithmic_scale_takes_whole_powers_of_ten():
    scale = log_scale(np.array([0.03, 7.0, np.nan]))
    assert scale == Log(0.01, 10.0, zero=False)
    np.testing.assert_allclose(scale.place(np.array([0.01, 0.1, 10])), [0, 1 / 3, 1])
    assert [label for _, label in scale.ticks()] == ["0.01", "0.1", "1", "10"]


def test_exact_zeros_have_a_row_of_their_own():
    scale = log_scale(np.array([0.0, 1e-3, 1.0]))
    zero, low, high = scale.place(np.array([0.0, 1e-3, 1.0]))
    assert zero == 0 < low < high == 1
    assert scale.ticks()[0] == (0.0, "0")


@pytest.mark.parametrize("figures", [[], [0.0], [np.nan], [5.0]])
def test_a_scale_exists_for_any_figures(figures):
    for make in (log_scale, linear_scale):
        scale = make(np.array(figures))
        assert scale.low < scale.high
        assert np.isfinite([value for value, _ in scale.ticks()]).all()


@pytest.mark.parametrize("width, step", [(1, 1), (1.1, 2), (3, 5), (7, 10), (0.02, 0.02), (75, 100)])
def test_round_step(width, step):
    assert round_step(width) == pytest.approx(step)


def test_power_of_ten():
    assert [power_of_ten(value) for value in (0.01, 1.0, 1000.0, 1e4, 1e-6)] == ["0.01", "1", "1000", "10⁴", "10⁻⁶"]
