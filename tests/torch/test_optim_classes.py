"""Optimizers: what is recorded of a step, and what is data in it."""

import copy
from importlib import import_module

import pytest
from semantics.optimizers import KINDS, leaf

import funcgrad.torch as torch
from funcgrad.trace import current, stats, synchronize


@pytest.fixture(autouse=True)
def _nothing_pending():
    synchronize("test")


def _problem(kind, count=1, **options):
    parameters = [torch.tensor([1.0, 1.0], requires_grad=True) for _ in range(count)]
    for p in parameters:
        p.grad = torch.tensor([1.0, 1.0])
    return parameters, getattr(torch.optim, kind)(parameters, **{**KINDS[kind], **options})


def _equations():
    return [s.equation for s in current().step.path() if s.equation is not None]


@pytest.mark.parametrize("kind, count", [*((kind, 10) for kind in KINDS), ("Adam", 200)])
def test_a_step_of_all_parameters_is_one_equation(kind, count, monkeypatch):
    monkeypatch.setattr(import_module("funcgrad.trace.flush"), "LONG", 10_000)  # or the step is run where it ends
    parameters, optimizer = _problem(kind, count)
    optimizer.step()
    synchronize("test")
    optimizer.step()
    assert [e.op.name for e in _equations()] == [f"{kind}_step"]
    synchronize("test")
    assert parameters[0].tolist() == parameters[-1].tolist()


def test_parameters_loaded_from_a_copy_are_one_cohort_again():
    parameters, optimizer = _problem("Adam", 20)
    optimizer.step()
    saved = optimizer.state_dict()
    for entries in saved["state"].values():
        entries["step"] = torch.tensor(entries["step"].item())
    optimizer.load_state_dict(saved)
    synchronize("test")
    optimizer.step()
    assert len(_equations()) == 1
    assert [optimizer.state[p]["step"].item() for p in parameters] == [2.0] * 20


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "Rprop"])
def test_numbers_are_data(kind):
    (p,), optimizer = _problem(kind, weight_decay=0.1)
    group = optimizer.param_groups[0]

    def step():
        optimizer.step()
        return p.tolist()

    for _ in range(3):
        step()
    before = stats.programs
    for k in range(4):
        group["lr"] = 0.1 / (k + 1)
        group["weight_decay"] = 0.01 * (k + 1)
        if "betas" in group:
            group["betas"] = (0.8 + 0.01 * k, 0.99)
        step()
    assert stats.programs == before


def test_a_learning_rate_that_is_a_tensor_is_data_too():
    x = torch.ones(2, requires_grad=True)
    x.grad = torch.ones(2)
    lr = torch.tensor(0.5)
    optimizer = torch.optim.SGD([x], lr=lr)
    optimizer.step()
    assert x.tolist() == [0.5, 0.5]
    before = stats.programs
    lr.fill_(0.25)
    optimizer.step()
    assert x.tolist() == [0.25, 0.25]
    assert stats.programs <= before + 1  # the fill


def test_gradients_flow_through_a_differentiable_step():
    w, lr = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor(0.5, requires_grad=True)
    p = w.clone()
    p.grad = w * 3
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr, differentiable=True)
    optimizer.param_groups[0]["params"] = [p]
    optimizer.step()
    p.sum().backward()
    assert p.tolist() == [-0.5, -1.0]
    assert w.grad.tolist() == [-0.5, -0.5]
    assert lr.grad.item() == -9.0


def test_a_leaf_refuses_a_differentiable_step():
    _, optimizer = _problem("Adam", differentiable=True)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place operation"):
        optimizer.step()


def test_capturable_is_refused():
    _, optimizer = _problem("Adam", capturable=True)
    with pytest.raises(AssertionError, match="If capturable=True, params and state_steps must be on supported devices"):
        optimizer.step()


def test_counters_follow_the_default_dtype():
    torch.set_default_dtype(torch.float64)
    try:
        (p,), optimizer = _problem("NAdam")
        optimizer.step()
        state = optimizer.state[p]
        assert (state["step"].dtype, state["mu_product"].dtype) == (torch.float64, torch.float64)
    finally:
        torch.set_default_dtype(torch.float32)


def test_a_step_count_that_is_a_number_becomes_a_tensor():
    (p,), optimizer = _problem("Adam")
    optimizer.step()
    saved = copy.deepcopy(optimizer.state_dict())
    saved["state"][0]["step"] = 1
    optimizer.load_state_dict(saved)
    optimizer.step()
    assert optimizer.state[p]["step"].item() == 2.0


def test_a_copied_optimizer_is_its_own():
    (p,), optimizer = _problem("SGD", lr=0.5)
    torch.optim.lr_scheduler.StepLR(optimizer, 1)
    other = copy.deepcopy(optimizer)
    other.step()
    assert p.tolist() == [1.0, 1.0]
    assert other.param_groups[0]["params"][0].tolist() == [0.5, 0.5]


def test_lbfgs_compiles_nothing_anew_while_its_history_grows():
    x = torch.tensor([-1.2, 1.0], requires_grad=True)
    optimizer = torch.optim.LBFGS([x], lr=0.1, max_iter=3, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
        loss.backward()
        return loss

    for _ in range(4):  # the shortest traces are compiled when they are seen again
        optimizer.step(closure)
    before = stats.programs
    for _ in range(6):
        optimizer.step(closure)
    assert stats.programs == before
    assert closure().item() < 3  # from 24, on its way through the valley


def test_a_step_needs_no_grad_around_it_and_keeps_the_leaf():
    w = leaf(torch, [1.0])
    optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01, maximize=True)
    for _ in range(3):
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()
    assert w.is_leaf
    assert w.requires_grad
    assert w._version == 3


def test_a_wrapper_that_was_never_initialised_steps_and_cannot_clear_gradients():
    class Wrapper(torch.optim.Optimizer):
        def __init__(self, inner):
            self.inner, self.param_groups = inner, inner.param_groups

        def step(self, closure=None):
            return self.inner.step(closure)

    x = torch.ones(1, requires_grad=True)
    optimizer = Wrapper(torch.optim.SGD([x], lr=0.5))
    x.sum().backward()
    optimizer.step()
    assert x.item() == 0.5
    with pytest.raises(AttributeError, match="'Wrapper' object has no attribute 'defaults'"):
        optimizer.zero_grad()


def test_groups_are_printed_apart():
    x, y = (torch.ones(1, requires_grad=True) for _ in range(2))
    text = repr(torch.optim.ASGD([{"params": [x]}, {"params": [y], "lr": 2}]))
    assert text.startswith("ASGD (\nParameter Group 0\n    alpha: 0.75\n")
    assert "\n    weight_decay: 0\n\nParameter Group 1\n" in text
    assert text.endswith("    weight_decay: 0\n)")


def test_an_optimizer_that_was_not_initialised_steps_and_has_no_state_to_save():
    class Forgetful(torch.optim.Optimizer):
        def __init__(self, params):
            self.param_groups = [{"params": list(params)}]

        def step(self, closure=None):
            return 5

    optimizer = Forgetful([torch.zeros(1, requires_grad=True)])
    assert optimizer.step() == 5
    for call, missing in (
        (optimizer.state_dict, "state_dict_pre"),
        (lambda: optimizer.load_state_dict({"state": {}, "param_groups": [{"params": [0]}]}), "load_state_dict_pre"),
        (lambda: optimizer.register_step_post_hook(print), "step_post"),
    ):
        with pytest.raises(AttributeError, match=f"'Forgetful' object has no attribute '_optimizer_{missing}_hooks'"):
            call()


def test_adafactor_of_no_elements_divides_by_zero():
    p = torch.zeros(0, 3, requires_grad=True)
    p.grad = torch.zeros(0, 3)
    with pytest.raises(ZeroDivisionError, match="float division by zero"):
        torch.optim.Adafactor([p]).step()


def test_lbfgs_wants_gradients_in_the_order_of_their_indices():
    p = torch.zeros(2, 3, requires_grad=True)

    def closure():
        p.grad = torch.ones(3, 2).t()
        return (p * 0).sum()

    with pytest.raises(RuntimeError, match="view size is not compatible with input tensor's size and stride"):
        torch.optim.LBFGS([p]).step(closure)
