"""Every optimizer and option set against the real PyTorch, live, over a long run; the schedules' recording too."""

import json
import re
import warnings
from pathlib import Path

import chex
import jax
import numpy as np
import pytest
from optimizer_cases import CASES, ILLEGAL, OPTIONS, START
from optimizer_trajectory import leaf_states, rule_of, tree_trajectory

torch = pytest.importorskip("torch")
from torch_schedules import all_values  # noqa: E402
from torch_trajectory import torch_trajectory  # noqa: E402

STEPS = 200
every_case = pytest.mark.parametrize("name, index", CASES)


@every_case
def test_float64_trajectory_and_state(name, index):
    expected = torch_trajectory(name, index, STEPS)
    with jax.enable_x64(True):
        history, state = tree_trajectory(name, index, STEPS)
        actual = history | leaf_states(name, state)
    chex.assert_trees_all_close(actual, expected, rtol=1e-12, atol=1e-13)  # rounding adds up over 200 steps


@every_case
def test_float32_trajectory(name, index):
    """Within 1e-6 of PyTorch's, beyond PyTorch's own distance from its float64 run.

    That distance is above 1e-6 where PyTorch rounds a decayed parameter at every step, as in ASGD.
    """
    expected = torch_trajectory(name, index, STEPS, torch.float32)
    exact = torch_trajectory(name, index, STEPS)
    history, _ = tree_trajectory(name, index, STEPS, np.float32)
    for leaf in START:
        own_rounding = np.abs(expected[leaf] - exact[leaf])
        bound = 1e-6 * (1 + np.abs(expected[leaf])) + own_rounding
        np.testing.assert_array_less(np.abs(history[leaf] - expected[leaf]), bound)


@pytest.mark.parametrize("name, options, text", ILLEGAL)
def test_error_texts(name, options, text):
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        getattr(torch.optim, name)([torch.zeros(2)], **options)


@pytest.mark.parametrize("name", OPTIONS)
def test_defaults(name):
    group = getattr(torch.optim, name)([torch.zeros(2, requires_grad=True)]).param_groups[0]
    defaults = rule_of(name).defaults
    assert {key: group[key] for key in defaults} == defaults
    not_ours = {
        "params",
        "foreach",
        "capturable",
        "differentiable",
        "fused",
    }  # how PyTorch runs it, not what it computes
    assert group.keys() - defaults.keys() <= not_ours


def test_the_recorded_schedules_are_pytorchs():
    recorded = Path(__file__).parents[1] / "support" / "recorded" / "schedules.json"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert all_values() == json.loads(recorded.read_text())
