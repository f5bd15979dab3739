"""nn.utils.parametrize and its kin, against recorded behaviour of PyTorch."""

import pickle

import parametrization_scenarios
import pytest
from scenarios import replay

import funcgrad.torch as torch
from funcgrad.trace import stats, synchronize

pytestmark = pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm` is deprecated:FutureWarning")

test_computed_weights = pytest.mark.usefixtures("eager")(
    replay(torch, parametrization_scenarios.SCENARIOS, "parametrization_scenarios", rtol=1e-9)
)


def test_a_parametrized_module_is_saved_by_its_state():
    model = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(3, 2))
    with pytest.raises(RuntimeError, match=r"only supported through state_dict\(\). Save module.state_dict\(\)"):
        pickle.dumps(model)


def test_a_step_with_a_parametrized_weight_compiles_once():
    model = torch.nn.utils.parametrizations.spectral_norm(torch.nn.Linear(3, 2))
    optimizer, programs = torch.optim.SGD(model.parameters(), lr=0.1), []
    for _ in range(5):
        optimizer.zero_grad()
        model(torch.ones(4, 3)).sum().backward()
        optimizer.step()
        synchronize("test")
        programs.append(stats.programs)
    assert programs[-1] == programs[-3]
