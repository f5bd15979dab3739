"""Wrong calls beside the real PyTorch: both refuse, with the same type and text."""

import pytest
import torch as real
from refusal_cases import TABLES
from scenarios import error

import funcgrad.torch as shim

pytestmark = pytest.mark.usefixtures("eager")


@pytest.mark.filterwarnings("ignore:torch.cholesky is deprecated")
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
        wide, z = torch.full((2,), 3.0, dtype=torch.float64), torch.ones(2, dtype=torch.complex128)
        assert wide.float_power_(torch.tensor([2, 0.5])) is wide
        assert (wide.tolist(), z.float_power_(2).tolist()) == ([9, 3**0.5], [1, 1])
        assert torch.add(torch.tensor([True]), True, alpha=True).tolist() == [True]
        assert torch.zeros(3).index_fill(0, torch.tensor([-1]), 1).tolist() == [0, 0, 1]
        assert torch.zeros(3, 0).index_add(0, torch.tensor([9]), torch.ones(1, 0)).shape == (3, 0)
        assert torch.tensor(0.0).index_copy(0, torch.tensor([0, 0]), torch.ones(2)) == 1
        assert (torch.device("xpu", 1).type, torch.device("hpu:2").index) == ("xpu", 2)


def test_where_a_factorization_fails():
    """Of pending matrices too."""
    found = {}
    for torch in (real, shim):
        a = torch.tensor(
            [[[2.0, 1, 0], [1, 3, 0], [0, 0, 1]], [[1, 2, 3], [2, 4, 5], [1, 1, 0]], [[1, 2, 0], [2, 4, 0], [0, 0, 0]]]
        )
        given = (
            a * 1,
            (a @ a.mT) * 1,
            torch.eye(3) * -1,
            a[:0] * 1,
            a[:, :0, :0] * 1,
            (a * torch.nan)[0],
            a.to(torch.complex64) * 1j,
        )
        linalg = torch.linalg
        found[torch] = [
            [
                *(call(x).info.tolist() for call in (linalg.inv_ex, linalg.cholesky_ex, linalg.lu_factor_ex)),
                linalg.cholesky_ex(x, upper=True).info.tolist(),
                linalg.solve_ex(x, x).info.tolist(),
            ]
            for x in given
        ]
    assert found[shim] == found[real]


@pytest.mark.filterwarnings("error")
def test_a_jitter_is_added_until_a_factor_exists():
    """What Gaussian processes do with `info`."""
    steps = []
    for torch in (real, shim):
        kernel, count = torch.ones(3, 3) * 1.0, 0
        while torch.any(torch.linalg.cholesky_ex(kernel).info):
            kernel, count = kernel + torch.eye(3) * 0.25, count + 1
        steps.append(count)
    assert steps == [1, 1]
