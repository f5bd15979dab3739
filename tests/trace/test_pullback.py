"""Pullbacks: against finite differences, what they need, and that they can be differentiated again."""

import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad.tolerances import tolerance
from funcgrad.trace import Number, Op, aval_of, constant, current, is_differentiable, pullback, recording
from funcgrad.trace.equation import traced
from funcgrad.trace.jaxprs import called_by

STEP = 1e-6
CASES = {
    "product": lambda x, y: x * y,
    "quotient": lambda x, y: x / y,
    "power": lambda x, y: x.abs() ** y,
    "matrix": lambda x, y: x @ y.t(),
    "broadcast": lambda x, y: x[0] * y + y[:, :1],
    "number": lambda x, y: 3 * x - y / 2 + x**3,
    "from the result": lambda x, y: (x.tanh() * y.exp()).sigmoid(),
    "view": lambda x, y: x.t().reshape(-1)[1:4] * y.view(-1)[:3],
    "several results": lambda x, y: x.unbind(0)[1] * y.max(0).values,
    "choice": lambda x, y: torch.where(x > y, x * y, y),
    "index": lambda x, y: x[torch.tensor([0, 1, 0])] * y[[1, 1, 0]],
}


def numbers(seed):
    return np.random.default_rng(seed).uniform(0.5, 2.0, (2, 3))


def total(function, x, y):
    weights = torch.tensor(np.linspace(1, 2, 64))
    made = function(x, y).reshape(-1)
    return (made * weights[: made.numel()]).sum()


def finite_differences(function, arrays, which):
    gradient = np.zeros_like(arrays[which])
    for at in np.ndindex(*gradient.shape):
        sides = []
        for sign in (1, -1):
            shifted = [a.copy() for a in arrays]
            shifted[which][at] += sign * STEP
            sides.append(total(function, *map(torch.tensor, shifted)).item())
        gradient[at] = (sides[0] - sides[1]) / (2 * STEP)
    return gradient


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_the_finite_differences(name):
    arrays = numbers(0), numbers(1)
    x, y = (torch.tensor(a, requires_grad=True) for a in arrays)
    total(CASES[name], x, y).backward()
    for which, leaf in enumerate((x, y)):
        expected = finite_differences(CASES[name], arrays, which)
        np.testing.assert_allclose(leaf.grad.numpy(), expected, rtol=1e-7, atol=1e-7)  # the differences' own error


@pytest.mark.parametrize("name", CASES)
def test_second_derivatives_are_the_differences_of_the_first(name):
    arrays = numbers(2), numbers(3)
    x, y = (torch.tensor(a, requires_grad=True) for a in arrays)

    def slope(x, y):
        """A number made of all first derivatives."""
        given = [v if v.requires_grad else v.requires_grad_() for v in (x, y)]
        found = torch.autograd.grad(total(CASES[name], *given), given, create_graph=True)
        return sum(((g**2).sum() for g in found), torch.tensor(0.0, dtype=torch.float64))

    made = slope(x, y)
    if not made.requires_grad:
        pytest.skip("a linear function has no second derivative")
    second = torch.autograd.grad(made, (x, y), materialize_grads=True)
    for which, gradient in enumerate(second):
        at = (1, 2)
        sides = []
        for sign in (1, -1):
            shifted = [a.copy() for a in arrays]
            shifted[which][at] += sign * STEP
            sides.append(slope(*map(torch.tensor, shifted)).item())
        expected = (sides[0] - sides[1]) / (2 * STEP)
        np.testing.assert_allclose(gradient[at].item(), expected, rtol=1e-6, atol=1e-6)


def test_third_derivative():
    x = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    made = x**5
    for _ in range(3):
        (made,) = torch.autograd.grad(made, x, create_graph=True)
    np.testing.assert_allclose(made.item(), 60 * 1.5**2, **tolerance("float64", "gradient"))


# What a pullback needs.

MUL = Op("mul", lambda x, y: x * (y.value if isinstance(y, Number) else y), saves={0: (1,), 1: (0,)})
ADD = Op("add", lambda x, y: x + y, saves={0: (), 1: ()})
EXP = Op("exp", lambda x: x, from_result=lambda y, g: g * y)
SINE = Op("sine", lambda x, y: x * y)
PAIR = Op("pair", lambda x: (x, x.astype(int)))


def equation(op, *operands):
    with recording("") as trace:
        given = [constant(np.ones(2, np.float32)) if x is None else x for x in operands]
        return trace.record(op, (), given)[0]


@pytest.mark.parametrize(
    "op, operands, wrt, saved, keeps, frees",
    [
        (MUL, (None, None), (0,), (1,), (1,), True),
        (MUL, (None, None), (0, 1), (0, 1), (0, 1), True),
        (MUL, (None, 2.0), (0,), (), (1,), True),  # a number is saved like a tensor
        (ADD, (None, None), (0, 1), (), (), False),
        (SINE, (None, None), (0,), (0, 1), (0, 1), True),
        (EXP, (None,), (0,), (), (), True),
    ],
)
def test_what_is_saved(op, operands, wrt, saved, keeps, frees):
    plan = pullback(equation(op, *operands), wrt)
    assert (plan.saved, plan.keeps, plan.frees) == (saved, keeps, frees)
    assert plan.keeps_results == ((0,) if op is EXP else ())


def test_only_floating_results_carry_a_cotangent():
    assert pullback(equation(PAIR, None), (0,)).cotangents == (0,)
    assert is_differentiable(aval_of((), np.dtype(np.complex64)))
    assert not is_differentiable(aval_of((), np.dtype(np.int64)))


def test_equal_equations_share_one_pullback_operator():
    first, second = equation(MUL, None, None), equation(MUL, None, None)
    assert pullback(first, (0,)).op is pullback(second, (0,)).op
    assert pullback(first, (0,)).op is not pullback(first, (1,)).op


def loops(jaxpr):
    """The bodies of a function's scans, in words."""
    for equation in jaxpr.eqns:
        called = called_by(equation)
        if called is not None:
            yield from loops(called.jaxpr)
        elif equation.primitive.name == "scan":
            yield str(equation.params["jaxpr"])


@pytest.mark.parametrize("layer", [torch.nn.LSTM, torch.nn.GRU, torch.nn.RNN])
def test_a_gradient_has_the_loop_of_its_operator_which_a_program_then_runs_once(layer):
    x = torch.ones(3, 2, 4, requires_grad=True)
    layer(4, 5)(x)[0].sum().backward()
    equations = [step.equation for step in current().step.path() if step.equation is not None]
    forward, backward = ([e for e in equations if e.op.name.endswith(end)] for end in ("_layer", "_layer_pullback"))
    own, gradients = (list(loops(traced(e.op, e.static, e.kinds).jaxpr)) for (e,) in (forward, backward))
    assert own
    assert own[0] in gradients
