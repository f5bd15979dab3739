"""Every optimizer, option set and schedule against the real PyTorch, live."""

import re

import chex
import jax
import numpy as np
import pytest
import torch
from optimizer_cases import CASES, ILLEGAL, OPTIONS
from optimizer_trajectory import leaf_states, rule_of, tree_trajectory
from schedule_cases import SCHEDULES
from schedule_values import advanced, schedule_of
from torch_schedules import values_of
from torch_trajectory import torch_trajectory

from funcgrad.tolerances import tolerance

STEPS = 200
every_case = pytest.mark.parametrize("name, index", CASES)


@every_case
def test_float64_trajectory_and_state(name, index):
    expected = torch_trajectory(name, index, STEPS)
    with jax.enable_x64(True):
        history, state = tree_trajectory(name, index, STEPS)
        actual = history | leaf_states(name, state)
    bound = {"rtol": 1e-12, "atol": 1e-13}  # rounding adds up over the steps
    chex.assert_trees_all_close(actual, expected, **bound)


@every_case
def test_float32_trajectory(name, index):
    """Within 1e-6 of PyTorch's, beyond PyTorch's own distance from its float64 run.

    That distance is above 1e-6 where PyTorch rounds a decayed parameter at every step, as in ASGD.
    """
    expected = torch_trajectory(name, index, STEPS, torch.float32)
    exact = torch_trajectory(name, index, STEPS)
    history, _ = tree_trajectory(name, index, STEPS, np.float32)
    relative = tolerance("float32", "update")["rtol"]
    for leaf in history:
        own_rounding = np.abs(expected[leaf] - exact[leaf])
        bound = own_rounding + relative * (1 + np.abs(expected[leaf]))
        np.testing.assert_array_less(np.abs(history[leaf] - expected[leaf]), bound)


@pytest.mark.parametrize("name, options, text", ILLEGAL)
def test_error_texts(name, options, text):
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        getattr(torch.optim, name)([torch.zeros(2, 2)], **options)


@pytest.mark.parametrize("name", OPTIONS)
def test_defaults(name):
    group = getattr(torch.optim, name)([torch.zeros(2, 2, requires_grad=True)]).param_groups[0]
    defaults = rule_of(name).defaults
    assert {key: group[key] for key in defaults} == defaults
    how_it_runs = {"params", "foreach", "capturable", "differentiable", "fused"}
    assert group.keys() - defaults.keys() <= how_it_runs


@pytest.mark.parametrize("case", SCHEDULES)
@pytest.mark.filterwarnings("ignore")  # PyTorch asks not to pass an epoch, which alone gives its closed form
def test_schedules_to_the_last_bit(case):
    expected, schedule = values_of(*SCHEDULES[case]), schedule_of(case)
    assert advanced(schedule, len(expected["lr"])) == expected["lr"]
    assert [schedule(step) for step in range(len(expected["closed"]))] == expected["closed"]
