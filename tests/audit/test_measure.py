"""Effects: figures that can be worked out by hand, and mistakes without one."""

import textwrap

import pytest
from audited import audited

ACCUMULATION = """
    import torch
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.{optimizer}
    for i in range(8):
        x = torch.randn(8, 3)
        (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
        if (i + 1) % 4 == 0:
            optimizer.step()
            optimizer.zero_grad()
"""
ONE_WEIGHT = """
    import torch
    w = torch.nn.Parameter(torch.zeros(2))
    optimizer = torch.optim.SGD([w], lr=1.0)
    for x in torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]):
        {before}
        (w * x).sum().backward()
        {between}
        optimizer.step()
"""


@pytest.fixture
def the_only(tmp_path):
    def judged(source):
        path = tmp_path / "script.py"
        path.write_text(textwrap.dedent(source))
        (found,) = audited(path).judged
        return found

    return judged


def test_sgd_takes_steps_as_many_times_too_long_as_there_are_losses(the_only):
    found = the_only(ACCUMULATION.format(optimizer="SGD(model.parameters(), lr=0.01)"))
    assert found.finding.code == "FG006"
    assert found.effect.factor == pytest.approx(4, rel=1e-5)  # float32
    assert found.effect.cosine == pytest.approx(1)
    assert not found.is_harmless


def test_adam_divides_the_factor_out_again_which_is_harmless(the_only):
    found = the_only(ACCUMULATION.format(optimizer="Adam(model.parameters(), lr=0.01)"))
    assert found.finding.code == "FG006"
    assert found.effect.factor in (None, pytest.approx(1, rel=1e-5))  # None: the same bits
    assert found.is_harmless


def test_old_gradients_turn_the_update_by_the_angle_between_the_sums(the_only):
    found = the_only(ONE_WEIGHT.format(before="", between=""))
    assert found.finding.code == "FG001"
    first, second = 1 / 2**0.5, 2 / 5**0.5  # (1, 1) to (0, 1), and (2, 1) to (1, 0)
    assert found.effect.cosine == pytest.approx((first + second) / 2)
    assert found.effect.factor == pytest.approx(1)  # along (0, 1)
    assert found.effect.loss == pytest.approx((-2, -1))


def test_a_cleared_gradient_is_an_update_of_nothing(the_only):
    found = the_only(ONE_WEIGHT.format(before="pass", between="optimizer.zero_grad()"))
    assert found.finding.code == "FG002"
    assert (found.effect.cosine, found.effect.factor) == (None, 0)
    assert found.effect.loss == (0, -1)


def test_the_script_draws_the_same_numbers_in_both_runs(the_only):
    source = ACCUMULATION.replace("torch.manual_seed(0)", "import random, numpy")
    source = source.replace("torch.randn(8, 3)", "torch.randn(8, 3) + random.random() + float(numpy.random.rand())")
    found = the_only(source.format(optimizer="SGD(model.parameters(), lr=0.01)"))
    assert found.effect.factor == pytest.approx(4, rel=1e-5)
