"""Every optimizer and option set against trajectories recorded from PyTorch in float64."""

from pathlib import Path

import chex
import jax
import numpy as np
import pytest
from optimizer_cases import CASES, RECORDED_STEPS, START, history_in, packed
from optimizer_trajectory import leaf_states, tree_trajectory

from funcgrad.tolerances import tolerance

RECORDED = np.load(Path(__file__).parents[1] / "support" / "recorded" / "optim.npz")
every_case = pytest.mark.parametrize("name, index", CASES)


@every_case
def test_float64_trajectory_and_state_equal_pytorchs(name, index):
    with jax.enable_x64(True):
        history, state = tree_trajectory(name, index, RECORDED_STEPS)
        actual = packed(history | leaf_states(name, state))
    bound = tolerance("bfloat16" if name == "Muon" else "float64", "update")  # Muon iterates in bfloat16
    if name == "RAdam":
        bound["rtol"] = 1e-12  # PyTorch takes the length rho' as a difference of numbers near 2000, we do not
    np.testing.assert_allclose(actual, RECORDED[f"{name}/{index}"], **bound)


@every_case
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_narrower_dtypes_stay_near_and_keep_their_own(name, index, dtype):
    history, state = tree_trajectory(name, index, RECORDED_STEPS, dtype)
    bound = tolerance("bfloat16" if name == "Muon" else dtype, "update")
    bound["atol"] = bound["rtol"]  # every step rounds a parameter near one, wherever it ends
    chex.assert_trees_all_close(history, history_in(RECORDED[f"{name}/{index}"], name), **bound)
    of_parameters = [x for x in jax.tree.leaves(state) if x.shape == START["weight"].shape]
    assert {str(x.dtype) for x in of_parameters} <= {dtype}
