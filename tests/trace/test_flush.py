"""Flushing: where a trace is cut, what a look costs, and that memory is given away only where nobody holds it."""

import gc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import funcgrad.torch as torch
from funcgrad.trace import current, stats, synchronize


@pytest.fixture(autouse=True)
def nothing_pending():
    synchronize("test")


def pending():
    return len(current().results)


# Where a trace is cut.


def test_a_backward_pass_cuts_at_the_next_differentiable_operator():
    w = torch.ones(3, requires_grad=True)
    (w * 2).sum().backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
    w.grad = None
    before = stats.causes["backward"]
    assert pending() > 0
    loss = w * 3
    assert stats.causes["backward"] == before + 1
    assert pending() == 1
    np.testing.assert_allclose(loss.detach().numpy(), 3 * (1 - 0.2), rtol=1e-6)


def flushes_of_a_step(features, micro_batches=4, step=True):
    """How often accumulated gradients of small or large micro-batches are run until the third step is complete."""
    model = torch.nn.Linear(features, features)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        before = stats.flushes
        for k in range(micro_batches):
            model(torch.full((features, features), float(k))).sum().backward()
        if step:
            optimizer.step()
        gradient = model.bias.grad
        optimizer.zero_grad()
        synchronize("test")
        assert gradient.tolist() == [micro_batches * features] * features
    return stats.flushes - before


def test_small_micro_batches_run_together_with_the_step():
    assert flushes_of_a_step(8) == 1 + 1  # and what makes the batch precedes the model's first call


def test_large_micro_batches_run_one_by_one():
    assert flushes_of_a_step(1024) == 4 + 1


def test_without_a_step_each_backward_pass_ends_an_iteration():
    flushes_of_a_step(8)
    assert flushes_of_a_step(8, step=False) == 4 + 1


def test_create_graph_does_not_cut():
    x = torch.ones(3, requires_grad=True)
    before = stats.flushes
    (g,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    (g * g).sum().backward()
    assert stats.flushes == before


def test_a_look_runs_what_is_pending():
    x = torch.ones(3) * 2
    y = x + 1
    assert pending() > 0
    assert y.tolist() == [3, 3, 3]
    assert pending() == 0
    assert x.tolist() == [2, 2, 2]


def test_a_result_that_nobody_holds_is_not_returned():
    x = torch.ones(3)
    y = x.exp().sin().cos()
    synchronize("test")
    (step,) = [s for s in last_paths() if s.programs]
    ((wanted, _),) = step.programs
    assert len(wanted) == 2, "x and y, not what lies between"
    assert y.shape == (3,)


def last_paths():
    """Ends of the traces seen, found from the root: those that were run hold programs."""
    from funcgrad.trace import record

    found, stack = [], [record._ROOT]
    while stack:
        step = stack.pop()
        found += [step] if step.equation is not None and step.equation.op.name == "cos" and not step.next else []
        stack += step.next.values()
    return found


def test_an_occasional_look_leaves_the_loops_program_whole():
    w = torch.ones(5, requires_grad=True)

    def iteration(look):
        loss = (w * 2 - 1).pow(2).sum()
        if look:
            assert float(loss) >= 0
        loss.backward()
        with torch.no_grad():
            w.sub_(0.01 * w.grad)
        w.grad = None

    for k in range(60):
        iteration(look=k % 20 == 19)
        if k == 39:
            programs = stats.programs
    assert stats.programs == programs, "a look must not compile anything once it has been seen"


# Loops that never look.


def compiled_by(loop):
    before = stats.programs
    loop()
    synchronize("test")
    return stats.programs - before


@pytest.fixture
def short_traces(monkeypatch):
    """Traces are cut early, so that their programs compile fast."""
    for name in ("longest", "limit"):
        monkeypatch.setattr(current(), name, 200)


@pytest.mark.usefixtures("short_traces")
@pytest.mark.parametrize("length", [1, 3, 7])
def test_a_long_loop_without_a_look_compiles_a_bounded_number_of_programs(length):
    x = torch.ones(4)

    def loop():
        nonlocal x
        with torch.no_grad():
            for _ in range(5000 // length):
                for _ in range(length):
                    x = x * 0.999 + length

    assert compiled_by(loop) <= 4
    assert pending() == 0


@pytest.mark.usefixtures("short_traces")
def test_a_trace_never_grows_beyond_its_limit_and_its_values_are_right():
    x, most = torch.zeros((), dtype=torch.float64), 0
    with torch.no_grad():
        for k in range(1001):
            x = x + k
            most = max(most, pending())
    assert most <= 200
    assert x.item() == sum(range(1001))


# Memory.

CHANGES = {
    "mul_": lambda x: x.mul_(2),
    "add_": lambda x: x.add_(1),
    "zero_": lambda x: x.zero_(),
    "first": lambda x: x.__setitem__(0, 7.0),
    "back": lambda x: x.neg_(),
}
HOLDERS = {
    "value": lambda x: x * 1,
    "clone": lambda x: x.clone(),
    "detached clone": lambda x: x.detach().clone(),
    "sum": lambda x: x.cumsum(0) if hasattr(x, "cumsum") else x + x,
}


@settings(derandomize=True, database=None, deadline=None, max_examples=30)
@given(st.lists(st.sampled_from([*CHANGES, *HOLDERS, "numpy", "jax", "alias", "flush", "drop"]), max_size=10))
def test_nothing_that_somebody_holds_is_given_away(actions):
    """Aliases and NumPy's views see each change; copies, and arrays handed to JAX, keep their values."""
    model = np.ones(64, np.float32)
    x, held, aliases, views = torch.ones(64), [], [], []
    for action in actions:
        if action in CHANGES:
            CHANGES[action](x)
            model = changed(action, model)
        elif action in HOLDERS:
            held.append((HOLDERS[action](x), np.cumsum(model) if action == "sum" else model))
        elif action == "numpy":
            views.append(x.numpy())
        elif action == "jax":
            held.append((x.__jax_array__(), model))
        elif action == "alias":
            aliases.append(x.detach() if len(aliases) % 2 else x[:])
        elif action == "flush":
            synchronize("test")
        elif held:
            held.pop(0)
    for view in [*views, *(alias.numpy() for alias in [x, *aliases])]:
        np.testing.assert_allclose(view, model, rtol=1e-6)
    for kept, values in held:
        array = kept.numpy() if isinstance(kept, torch.Tensor) else np.asarray(kept)
        np.testing.assert_allclose(array, values, rtol=1e-6)


def changed(action, model):
    """The change on NumPy's side."""
    model = model.copy()
    if action == "first":
        model[0] = 7
        return model
    return {"mul_": model * 2, "add_": model + 1, "zero_": model * 0, "back": -model}[action]


def test_an_updated_parameter_reuses_its_memory():
    w = torch.ones(1000, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)

    def step():
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()
        synchronize("test")

    step()
    step()
    array = w._storage.value.array
    step()
    assert array.is_deleted()


def live_values():
    gc.collect()
    return sum(type(x).__name__ == "Value" for x in gc.get_objects())


def test_a_long_loop_holds_a_bounded_number_of_values():
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    x, y = torch.ones(2, 4), torch.zeros(2, 1)
    counts = []
    for k in range(200):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
        if k in (20, 199):
            counts.append(len(current().results) + len(current().inputs))
    assert counts[1] <= counts[0]
    del x, y
    synchronize("test")
    first = live_values()
    for _ in range(50):
        torch.nn.functional.mse_loss(model(torch.ones(2, 4)), torch.zeros(2, 1)).backward()
        optimizer.step()
        optimizer.zero_grad()
    synchronize("test")
    assert live_values() <= first
