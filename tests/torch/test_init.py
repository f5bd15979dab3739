"""nn.init against recorded draws of PyTorch."""

import init_scenarios
import pytest
from scenarios import replay

import funcgrad.torch as torch

pytestmark = pytest.mark.filterwarnings("ignore:mean is more than 2 std")

test_fillings_are_pytorchs_bit_for_bit = replay(torch, init_scenarios.SCENARIOS, "init_scenarios", rtol=0)
test_orthogonal_matrices = replay(torch, init_scenarios.CLOSE, "init_orthogonal", rtol=2e-6)


def test_fillings_leave_the_graph_alone():
    weight = torch.nn.Parameter(torch.empty(3, 4))
    version = weight._version
    for fill in (torch.nn.init.orthogonal_, torch.nn.init.trunc_normal_, torch.nn.init.eye_):
        assert fill(weight) is weight
    assert weight.is_leaf
    assert weight._version > version
