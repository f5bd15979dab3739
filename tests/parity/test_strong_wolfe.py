"""The line search of L-BFGS against the real PyTorch's: every step it tries, on curves that make it turn round."""

import math

import numpy as np
import pytest
import torch
from torch.optim.lbfgs import _strong_wolfe as pytorchs_search

from funcgrad.torch.optim._strong_wolfe import Point, strong_wolfe

CURVES = {
    "quartic": (lambda x: x**4 - 3 * x**3 + 2 * x, lambda x: 4 * x**3 - 9 * x**2 + 2),
    "waves": (lambda x: math.cos(3 * x) - 0.1 * x + 0.02 * x * x, lambda x: -3 * math.sin(3 * x) - 0.1 + 0.04 * x),
    "kink": (lambda x: abs(x - 1) ** 1.1, lambda x: math.copysign(1.1 * abs(x - 1) ** 0.1, x - 1)),
    "valley": (lambda x: math.log(1 + (x - 2) ** 2), lambda x: 2 * (x - 2) / (1 + (x - 2) ** 2)),
    "wall": (lambda x: -x + 50 * max(0, x - 1) ** 2, lambda x: -1 + 100 * max(0, x - 1)),
    "hole": (
        lambda x: -math.exp(-50 * (x - 0.3) ** 2) - 0.01 * x,
        lambda x: 100 * (x - 0.3) * math.exp(-50 * (x - 0.3) ** 2) - 0.01,
    ),
}
LIMIT = 25


def theirs(loss, slope, x, direction, step):
    tried = []

    def evaluate(_, t, d):
        tried.append(float(t))
        here = x + float(t) * direction
        return loss(here), torch.tensor([slope(here)], dtype=torch.float64)

    d, grad = torch.tensor([direction], dtype=torch.float64), torch.tensor([slope(x)], dtype=torch.float64)
    found = pytorchs_search(evaluate, None, step, d, loss(x), grad, grad.dot(d), max_ls=LIMIT)
    return [float(found[2]), found[0], found[3], tried]


def ours(loss, slope, x, direction, step):
    tried, d = [], np.array([direction])

    def evaluate(t):
        tried.append(float(t))
        here = x + float(t) * direction
        grad = np.array([slope(here)])
        return Point(t, loss(here), grad, grad.dot(d))

    grad = np.array([slope(x)])
    found, count = strong_wolfe(evaluate, Point(0, loss(x), grad, grad.dot(d)), step, 1.0, 1e-9, LIMIT)
    return [float(found.step), found.loss, count, tried]


@pytest.mark.parametrize("step", [0.01, 0.1, 3.0, 10.0, 100.0])
@pytest.mark.parametrize("x", [-1.0, -0.2, 0.3])
@pytest.mark.parametrize("curve", CURVES)
def test_the_same_steps_are_tried(curve, x, step):
    loss, slope = CURVES[curve]
    direction = -math.copysign(1.0, slope(x))
    expected, actual = theirs(loss, slope, x, direction, step), ours(loss, slope, x, direction, step)
    assert actual[2] == expected[2]
    np.testing.assert_allclose(actual[3], expected[3], rtol=1e-9)
    np.testing.assert_allclose(actual[:2], expected[:2], rtol=1e-9)
