"""Wrong calls beside the real PyTorch: both refuse, with the same type and text."""

import pytest
import torch as real
from refusal_cases import TABLES
from scenarios import error

import funcgrad.torch as shim

pytestmark = pytest.mark.usefixtures("eager")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_a_wrong_call_gives_pytorchs_text(table):
    theirs, ours = ({name: error(call) for name, call in table(torch).items()} for torch in (real, shim))
    assert "nothing" not in {kind for kind, _ in theirs.values()}
    assert ours == theirs


def test_what_looks_wrong_and_is_not():
    for torch in (real, shim):
        layer = torch.nn.Linear(2, 2)
        assert torch.optim.Adam(layer.parameters(), betas=[0.9, 0.99]).param_groups[0]["betas"] == (0.9, 0.99)
        torch.optim.NAdam(layer.parameters(), betas=(0, 0.9))
        assert torch.zeros(3).index_fill(0, torch.tensor([-1]), 1).tolist() == [0, 0, 1]
        assert torch.zeros(3, 0).index_add(0, torch.tensor([9]), torch.ones(1, 0)).shape == (3, 0)
        assert torch.tensor(0.0).index_copy(0, torch.tensor([0, 0]), torch.ones(2)) == 1
        assert (torch.device("xpu", 1).type, torch.device("hpu:2").index) == ("xpu", 2)
