"""Functions of lists of tensors, against the function of one tensor, and their forms as PyTorch 2.13 takes them."""

import pytest

import funcgrad.torch as torch
from funcgrad.torch._ops.foreach import _BOTH

TWO = {"add", "sub", "mul", "div", "maximum", "minimum", "pow", "clamp_max", "clamp_min"}
MORE = {"addcdiv", "addcmul", "lerp"}


def lists(*, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand(2, generator=generator) * 0.8 + 0.1, torch.rand(2, 2, generator=generator) * 0.8 + 0.1]


@pytest.mark.parametrize("name", [name for name in _BOTH if name not in MORE])
def test_a_list_is_its_tensors_one_by_one(name):
    more = (lists(seed=1),) if name in TWO else ()
    expected = [getattr(torch, name)(*row) for row in zip(lists(), *more, strict=True)]
    assert all(map(torch.equal, getattr(torch, f"_foreach_{name}")(lists(), *more), expected))
    changed = lists()
    assert getattr(torch, f"_foreach_{name}_")(changed, *more) is changed
    assert all(map(torch.equal, changed, expected))


def values(tensors):
    return [x.tolist() for x in tensors]


def test_one_operand_for_all_or_a_number_for_each():
    xs = [torch.ones(1), torch.full((1,), 2.0)]
    assert values(torch._foreach_mul(xs, 3)) == values(torch._foreach_mul(xs, torch.tensor(3.0))) == [[3], [6]]
    assert values(torch._foreach_mul(xs, [3, 4])) == [[3], [8]]
    assert values(torch._foreach_add(xs, xs, alpha=2)) == [[3], [6]]
    assert values(torch._foreach_pow(2.0, xs)) == [[2], [4]]
    assert values(torch._foreach_addcdiv(xs, xs, xs, [1, 5])) == [[2], [7]]
    assert values(torch._foreach_addcmul(xs, xs, xs, torch.tensor([1.0, 5.0]))) == [[2], [22]]
    assert values(torch._foreach_addcmul(xs, xs, xs, value=2)) == [[3], [10]]
    assert values(torch._foreach_lerp(xs, torch._foreach_neg(xs), 0.5)) == [[0], [0]]
    assert values(torch._foreach_norm([torch.tensor([3.0, 4.0])], 2)) == [5]
    assert values(torch._foreach_maximum(xs, 1.5)) == [[1.5], [2]]
    assert values(torch._foreach_minimum(xs, [1.5, torch.ones(1)])) == [[1], [1]]
    assert values(torch._foreach_max([torch.tensor([3.0, 4.0])])) == [4]


def test_lists_that_do_not_fit():
    with pytest.raises(RuntimeError, match="must have the same number of tensors, got 1 and 2"):
        torch._foreach_add([torch.ones(1)], [torch.ones(1)] * 2)
    with pytest.raises(RuntimeError, match="must have at least one tensor"):
        torch._foreach_add_([], [])


def test_writing_a_parameter_needs_no_grad():
    weight = torch.ones(1, requires_grad=True)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        torch._foreach_zero_([weight])
    with torch.no_grad():
        torch._foreach_sub_([weight], [torch.ones(1)])
    assert weight.item() == 0
