"""Functionalization: n pure steps are n stateful steps, leaf by leaf; what no pure function could do is refused."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad import functionalize
from funcgrad._functionalization import FunctionalizationError
from funcgrad.tolerances import tolerance

nn = torch.nn
STEPS = 4
X = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
Y = np.random.default_rng(1).normal(size=(6, 1)).astype(np.float32)


class Counting(nn.Module):
    """A model with a buffer that every call changes."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(3, 1)
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))

    def forward(self, x):
        self.calls += 1
        return self.inner(x)


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(3, 3), nn.Linear(3, 1)
        self.second = self.first

    def forward(self, x):
        return self.last(self.second(torch.tanh(self.first(x))))


MODELS = {
    "linear": lambda: nn.Linear(3, 1),
    "mlp": lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1)),
    "buffer": Counting,
    "tied": Tied,
}
OPTIMIZERS = {
    "sgd": lambda ps: torch.optim.SGD(ps, lr=0.1),
    "momentum": lambda ps: torch.optim.SGD(ps, lr=0.1, momentum=0.9, weight_decay=0.01, nesterov=True),
    "adam": lambda ps: torch.optim.Adam(ps, lr=0.01),
}


def zero_first(optimizer, loss_of):
    optimizer.zero_grad()
    loss_of().backward()
    optimizer.step()


def zero_last(optimizer, loss_of):
    loss_of().backward()
    optimizer.step()
    optimizer.zero_grad()


def never_zero(optimizer, loss_of):
    loss_of().backward()
    optimizer.step()


def zeros(optimizer, loss_of):
    loss_of().backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=False)


ORDERS = {f.__name__: f for f in (zero_first, zero_last, never_zero, zeros)}


def build(model, optimizer, order):
    """A model, its optimizer, and a step that returns the loss."""
    torch.manual_seed(0)
    module = MODELS[model]()
    held = OPTIMIZERS[optimizer](module.parameters())

    def step(x, y):
        losses = []

        def loss_of():
            losses.append(nn.functional.mse_loss(module(x), y))
            return losses[0]

        ORDERS[order](held, loss_of)
        return losses[0]

    return module, held, step


def stateful_run(step, steps=STEPS):
    return [step(torch.tensor(X), torch.tensor(Y)).item() for _ in range(steps)]


def leaves(module, optimizer):
    """Everything that a step may change, by name."""
    found = {f"model.{n}": x.detach().numpy() for n, x in [*module.named_parameters(), *module.named_buffers()]}
    found |= {f"grad.{n}": p.grad.numpy() for n, p in module.named_parameters() if p.grad is not None}
    for k, entries in optimizer.state_dict()["state"].items():
        found |= {f"optimizer.{k}.{n}": x.numpy() for n, x in entries.items()}
    return found


def pure_leaves(state):
    flat = {f"model.{n}": x for n, x in state["model"].items()}
    flat |= {f"grad.{n.removeprefix('model.')}": x for n, x in state["grad"].items()}
    return flat | {f"optimizer.{n}": x for n, x in state["optimizer"].items()}


def assert_same(ours, expected):
    assert set(ours) == set(expected)
    for name, values in expected.items():
        array = np.asarray(ours[name])
        assert array.dtype == values.dtype, name
        np.testing.assert_allclose(array, values, **tolerance(values.dtype, "update"), err_msg=name)


@pytest.mark.parametrize(
    "model, optimizer, order",
    [
        ("linear", "sgd", "never_zero"),
        ("mlp", "momentum", "zero_first"),
        ("buffer", "adam", "zero_last"),
        ("tied", "momentum", "zeros"),
        ("mlp", "adam", "never_zero"),
    ],
)
def test_n_pure_steps_are_n_stateful_steps(model, optimizer, order):
    module, held, step = build(model, optimizer, order)
    pure = functionalize(step, X, Y, model=module, optimizer=held)
    state, losses, run = pure.state(), [], jax.jit(pure)
    for _ in range(STEPS):
        state, loss = run(state, X, Y)
        losses.append(float(loss))
    np.testing.assert_allclose(losses, stateful_run(step), **tolerance("float32"))
    assert_same(pure_leaves(state), leaves(module, held))


def test_in_a_scan():
    module, held, step = build("mlp", "momentum", "zero_first")
    pure = functionalize(step, X, Y, model=module, optimizer=held)
    state, _ = pure(pure.state(), X, Y)  # the first step makes gradients and momentum
    stacked = np.stack([X] * STEPS), np.stack([Y] * STEPS)
    state, losses = jax.jit(lambda s: jax.lax.scan(lambda s, batch: pure(s, *batch), s, stacked))(state)
    expected = stateful_run(step, STEPS + 1)
    np.testing.assert_allclose(losses, expected[1:], **tolerance("float32"))
    assert_same(pure_leaves(state), leaves(module, held))


def test_a_pure_step_is_pure():
    module, held, step = build("mlp", "adam", "zero_first")
    pure = functionalize(step, X, Y, model=module, optimizer=held)
    run, state = jax.jit(chex.assert_max_traces(n=1)(pure.__call__)), pure.state()
    first, second = run(state, X, Y), run(state, X, Y)
    chex.assert_trees_all_equal(first, second)
    chex.assert_trees_all_equal(state, pure.state())


def test_many_models_at_once():
    module, held, step = build("linear", "sgd", "zero_last")
    pure = functionalize(step, X, Y, model=module, optimizer=held)
    states = jax.tree.map(lambda x: jnp.stack([x, x + 1, x - 1]), pure.state())
    after, losses = jax.jit(jax.vmap(pure, in_axes=(0, None, None)))(states, X, Y)
    one, loss = pure(jax.tree.map(lambda x: x[1], states), X, Y)
    np.testing.assert_allclose(losses[1], loss, **tolerance("float32"))
    chex.assert_trees_all_close(jax.tree.map(lambda x: x[1], after), one, **tolerance("float32", "update"))


# The stateful objects.


@pytest.mark.parametrize("has_trained", [False, True])
def test_stateful_objects_are_untouched(has_trained):
    module, held, step = build("buffer", "momentum", "never_zero")
    if has_trained:
        stateful_run(step, 2)
    before = {name: array.copy() for name, array in leaves(module, held).items()}
    identities = [(id(p), p._version, id(p.grad)) for p in module.parameters()]
    pure = functionalize(step, X, Y, model=module, optimizer=held)
    state, _ = pure(pure.state(), X, Y)
    jax.jit(pure)(state, X, Y)
    after = leaves(module, held)
    assert set(after) == set(before)
    chex.assert_trees_all_equal(after, before)
    assert [(id(p), p._version, id(p.grad)) for p in module.parameters()] == identities


def test_load_makes_the_state_the_owners():
    module, held, step = build("linear", "momentum", "never_zero")
    pure = functionalize(step, X, Y, model=module, optimizer=held)
    state = pure.state()
    for _ in range(STEPS):
        state, _ = pure(state, X, Y)
    with pytest.raises(FunctionalizationError, match=r"does not exist yet.*Run the stateful step once before load"):
        pure.load(state)
    stateful_run(step, 1)
    pure.load(state)
    assert_same(leaves(module, held), {name: np.asarray(x) for name, x in pure_leaves(state).items()})


# What a step returns and takes.


def test_results_of_any_structure():
    module, held, _ = build("linear", "sgd", "zero_last")

    def step(batch):
        prediction = module(batch["x"])
        return {"loss": (prediction - batch["y"]).abs().mean(), "pair": (prediction, batch["x"] + 1)}

    batch = {"x": X, "y": Y}
    pure = functionalize(step, batch, model=module, optimizer=held)
    _, result = pure(pure.state(), batch)
    np.testing.assert_array_equal(result["pair"][1], X + 1)
    assert result["pair"][0].shape == (6, 1)
    assert result["loss"].shape == ()


def test_an_argument_is_an_argument_and_not_the_example():
    module, held, step = build("linear", "sgd", "zero_last")
    pure = functionalize(step, X, Y, model=module, optimizer=held)
    _, loss = pure(pure.state(), X * 2, Y)
    assert float(loss) == pytest.approx(step(torch.tensor(X * 2), torch.tensor(Y)).item(), rel=1e-6)


# Refusals.


def refused(step, text, kind=FunctionalizationError, **owners):
    with pytest.raises(kind, match=text):
        functionalize(step, X, **owners)


@pytest.mark.parametrize(
    "look", [lambda y: y.sum().item(), lambda y: bool(y.sum() > 0), lambda y: y.detach().numpy(), lambda y: print(y)]
)
def test_a_look_at_a_value_is_refused(look):
    model = nn.Linear(3, 1)
    refused(lambda x: look(model(x)), "the step looks at a value.*Return the tensor", RuntimeError, model=model)


def test_random_numbers_are_refused():
    model = nn.Linear(3, 1)
    refused(lambda x: model(x + torch.randn(6, 3)).sum(), "draws random numbers.*pass them as arguments", model=model)


def test_a_tensor_without_an_owner_is_refused():
    model, total = nn.Linear(3, 1), torch.zeros(())

    def step(x):
        total.add_(model(x).detach().sum())

    refused(step, r"changes a tensor of shape \[\] that belongs to no owner.*register it as a buffer", model=model)


def test_an_optimizer_that_was_not_named_is_refused():
    module, _, step = build("linear", "momentum", "zero_first")
    stateful_run(step, 1)
    with pytest.raises(FunctionalizationError, match=r"belongs to no owner. Pass the module or optimizer"):
        functionalize(step, X, Y, model=module)


def test_owners_are_modules_and_optimizers():
    refused(lambda x: x, "'data' is a list; the owners of a step's state are", TypeError, data=[])
    refused(lambda x: x, "an owner cannot be called 'grad'", ValueError, grad=nn.Linear(1, 1))


def test_a_state_of_another_structure_is_refused():
    module, held, step = build("linear", "momentum", "zero_first")
    pure = functionalize(step, X, Y, model=module, optimizer=held)
    state = pure.state()
    del state["model"]["bias"]
    with pytest.raises(FunctionalizationError, match=r"which is no state of the step. Start from state"):
        pure(state, X, Y)


def test_a_refusal_leaves_everything_as_it_was():
    module, held, step = build("linear", "momentum", "zero_first")
    stateful_run(step, 1)
    before = {name: array.copy() for name, array in leaves(module, held).items()}

    def looking(x, y):
        return step(x, y).item()

    with pytest.raises(RuntimeError, match="looks at a value"):
        functionalize(looking, X, Y, model=module, optimizer=held)
    chex.assert_trees_all_equal(leaves(module, held), before)
    assert np.isfinite(stateful_run(step, 1)[0])


# The caller's own precision.


@pytest.mark.parametrize("x64", [False, True])
def test_callers_of_either_precision(x64):
    module, held, step = build("buffer", "adam", "zero_first")
    with jax.enable_x64(x64):
        pure = functionalize(step, X, Y, model=module, optimizer=held)
        state, run = pure.state(), jax.jit(pure)
        for _ in range(2):
            state, loss = run(state, X, Y)
        assert loss.dtype == np.float32
        assert state["model"]["calls"].dtype == np.int64
        assert state["model"]["inner.weight"].dtype == np.float32
    stateful_run(step, 2)
    assert_same(pure_leaves(state), leaves(module, held))


def test_float64_models_keep_their_precision():
    module, held, step = build("mlp", "sgd", "zero_last")
    module.double()
    x, y = X.astype(np.float64), Y.astype(np.float64)
    pure = functionalize(step, x, y, model=module, optimizer=held)
    with jax.enable_x64(True):  # else jit takes its float64 arguments in as float32
        state, loss = jax.jit(pure)(pure.state(), x, y)
    assert loss.dtype == np.float64
    expected = step(torch.tensor(x), torch.tensor(y)).item()
    np.testing.assert_allclose(float(loss), expected, **tolerance("float64"))
    assert_same(pure_leaves(state), leaves(module, held))
