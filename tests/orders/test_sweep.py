"""Classes of orders: what the four calls of a loop give, and how the command tells it."""

import math

import pytest

from funcgrad import cli
from funcgrad.orders import EVENTS, explore

USUAL = ("zero_grad", "forward", "backward", "step")


def test_the_four_calls():
    first, still, late, *stopped = explore(USUAL)
    assert set(first.orders) == {
        USUAL,
        ("forward", "zero_grad", "backward", "step"),
        ("forward", "backward", "step", "zero_grad"),
    }
    assert first.orders[0] == USUAL
    assert first.losses[-1] < first.losses[0] / 2
    assert still.is_still
    assert ("forward", "backward", "zero_grad", "step") in still.orders
    assert late.is_late(first)
    assert not first.is_late(first)
    assert [len(each.orders) for each in stopped] == [12, 1]
    assert stopped[0].error == "backward() comes before there is a loss"


def test_without_zero_grad_the_sum_grows():
    forgotten, *_ = explore(("forward", "backward", "step"))
    assert forgotten.losses[-1] > explore(USUAL)[0].losses[-1]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_every_order_is_in_one_class(optimizer):
    classes = explore((*USUAL, "clip"), optimizer, steps=3)
    orders = [order for each in classes for order in each.orders]
    assert len(orders) == len(set(orders)) == math.factorial(5)


def test_the_class_of_the_given_order_is_first():
    order = ("zero_grad", "forward", "backward", "clip", "unscale_", "step", "update")
    assert explore(order, steps=3)[0].orders[0] == order


@pytest.mark.parametrize(
    "order, text",
    [
        (("forward", "backward", "steps"), "no event 'steps'; expected some of zero_grad, forward, backward, unscale_"),
        (("forward", "forward", "backward", "step"), "an event stands twice; expected each once"),
        (("zero_grad", "forward"), "backward and step missing; expected at least forward, backward and step"),
    ],
)
def test_what_is_no_loop_is_refused(order, text):
    with pytest.raises(ValueError, match=text):
        explore(order)


def test_the_command_prints_classes_within_80_columns(capsys):
    assert cli.main(["orders", "forward", "backward", "zero_grad", "step"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    assert text.startswith("24 orders of forward, backward, zero_grad, step are 5 classes:\n\n1. 6 orders, yours among")
    assert "them: nothing is learned\n   forward, backward, zero_grad, step\n" in text
    assert "   and 2 more\n" in text
    assert "the loop stops, because backward() comes before there is a loss" in text


def test_the_order_of_a_script_is_taken(capsys, tmp_path):
    (tmp_path / "train.py").write_text(
        "import torch\nw = torch.nn.Parameter(torch.ones(2))\noptimizer = torch.optim.SGD([w])\nf = torch.nn.Identity()\n"
        "for _ in range(3):\n    f(w).sum().backward()\n    optimizer.step()\n    optimizer.zero_grad()\n"
    )
    assert cli.main(["orders", str(tmp_path / "train.py"), "--all"]) == 0
    assert "3 orders, yours among them: loss" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["forward", "step"], ["no.py"], ["--steps", "1"], [*EVENTS, "zero_grad"]])
def test_a_usage_error_is_one_line_and_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["orders", *arguments])
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
