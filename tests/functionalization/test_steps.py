"""Pure steps: n of them are n stateful ones, leaf by leaf, in any transformation of JAX."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from functionalized_proofs import assert_same
from small_steps import STEPS, X, Y, build, stateful_losses

import funcgrad.torch as torch
from funcgrad import functionalize
from funcgrad.functionalization import FunctionalizationError
from funcgrad.tolerances import tolerance

nn = torch.nn


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
    owners, step = build(model, optimizer, order)
    pure = functionalize(step, X, Y, certify=0, **owners)
    state, losses = pure.state(), []
    for _ in range(STEPS):
        state, loss = pure(state, X, Y)
        losses.append(float(loss))
    np.testing.assert_allclose(losses, stateful_losses(step), **tolerance("float32"))
    assert_same(state, owners)


@pytest.mark.usefixtures("eager")  # the stateful steps: by the programs of the certificate
@pytest.mark.parametrize(
    "make",
    [
        lambda ps: torch.optim.SGD(ps, 0.1, momentum=0.9, dampening=0.5),
        lambda ps: torch.optim.AdamW([{"params": ps[:2], "lr": 0.1}, {"params": ps[2:]}], amsgrad=True),
        lambda ps: torch.optim.Adagrad(ps, 0.1),
        lambda ps: torch.optim.Rprop(ps),
        lambda ps: torch.optim.NAdam(ps),
        lambda ps: torch.optim.ASGD(ps, t0=2),
        lambda ps: torch.optim.Adafactor(ps),
        lambda ps: torch.optim.Adadelta(ps),
        lambda ps: torch.optim.Adamax(ps),
        lambda ps: torch.optim.RAdam(ps, 0.01),
        lambda ps: torch.optim.RMSprop(ps, 0.01, momentum=0.5, centered=True),
        lambda ps: torch.optim.Muon([p for p in ps if p.ndim == 2]),
    ],
    ids=[
        *("dampened", "AdamW groups", "Adagrad", "Rprop", "NAdam", "ASGD", "Adafactor", "Adadelta", "Adamax", "RAdam"),
        *("RMSprop", "Muon"),
    ],
)
def test_any_optimizer(make):
    owners, step = build("mlp", make, "zero_first")
    pure = functionalize(step, X, Y, certify=1, **owners)
    state, _ = pure.scan(pure.state(), np.stack([X] * STEPS), np.stack([Y] * STEPS))
    stateful_losses(step)
    assert_same(state, owners)


def test_a_scan_of_the_callers():
    owners, step = build("mlp", "momentum", "zero_first")
    pure = functionalize(step, X, Y, certify=0, **owners)
    state, _ = pure(pure.state(), X, Y)  # the first step makes gradients and momentum
    stacked = np.stack([X] * STEPS), np.stack([Y] * STEPS)
    state, losses = jax.jit(lambda s: jax.lax.scan(lambda s, batch: pure(s, *batch), s, stacked))(state)
    expected = stateful_losses(step, STEPS + 1)
    np.testing.assert_allclose(losses, expected[1:], **tolerance("float32"))
    assert_same(state, owners)


def test_a_scan_without_arguments():
    owners, step = build("linear", "sgd", "zero_last")
    x, y = torch.tensor(X), torch.tensor(Y)
    pure = functionalize(lambda: step(x, y), certify=0, **owners)
    _, losses = pure.scan(pure.state(), steps=STEPS)
    np.testing.assert_allclose(losses, stateful_losses(step), **tolerance("float32"))


def test_a_pure_step_is_pure():
    owners, step = build("mlp", "adam", "zero_first")
    pure = functionalize(step, X, Y, certify=0, **owners)
    run, state = jax.jit(chex.assert_max_traces(n=1)(pure.__call__)), pure.state()
    first, second = run(state, X, Y), run(state, X, Y)
    chex.assert_trees_all_equal(first, second)
    chex.assert_trees_all_equal(state, pure.state())


def test_a_called_step_takes_over_the_memory_of_its_state():
    owners, step = build("mlp", "adam", "zero_first")
    pure = functionalize(step, X, Y, certify=0, **owners)
    state, _ = pure(pure.state(), X, Y)
    pure(state, X, Y)
    assert state["model"]["0.weight"].is_deleted()


def test_many_learning_rates_at_once():
    owners, step = build("linear", "sgd", "zero_last")
    pure = functionalize(step, X, Y, certify=0, **owners)
    states = jax.tree.map(lambda x: jnp.stack([x, x, x]), pure.state())
    states["optimizer"]["groups.0.lr"] = jnp.array([0.1, 0.2, 0.4])
    after, _ = jax.jit(jax.vmap(pure, in_axes=(0, None, None)))(states, X, Y)
    owners["optimizer"].param_groups[0]["lr"] = 0.4
    step(torch.tensor(X), torch.tensor(Y))
    one = jax.tree.map(lambda x: x[2], after)
    np.testing.assert_allclose(one["model"]["weight"], owners["model"].weight.detach().numpy(), rtol=1e-6)
    assert not np.array_equal(after["model"]["weight"][0], after["model"]["weight"][1])


def test_tensors_can_be_owners():
    w = torch.tensor([1.0, 2.0], requires_grad=True)

    def step(x):
        loss = (w * x).sum()
        loss.backward()
        with torch.no_grad():
            w.sub_(0.1 * w.grad)
        return loss

    pure = functionalize(step, np.ones(2, np.float32), w=w)
    state, _ = pure.scan(pure.state(), np.ones((3, 2), np.float32))
    np.testing.assert_allclose(state["w"]["value"], [0.4, 1.4], rtol=1e-6)  # 1 + 2 + 3 tenths: nobody clears
    np.testing.assert_array_equal(state["grad"]["w"], [3, 3])


def test_results_of_any_structure():
    owners, _ = build("linear", "sgd", "zero_last")
    module = owners["model"]

    def step(batch):
        prediction = module(batch["x"])
        return {"loss": (prediction - batch["y"]).abs().mean(), "pair": (prediction, batch["x"] + 1), "n": 6}

    batch = {"x": X, "y": Y}
    pure = functionalize(step, batch, certify=1, **owners)
    _, result = pure(pure.state(), batch)
    np.testing.assert_array_equal(result["pair"][1], X + 1)
    assert result["pair"][0].shape == (6, 1)
    assert result["loss"].shape == ()
    assert int(result["n"]) == 6


def test_an_argument_is_an_argument_and_not_the_example():
    owners, step = build("linear", "sgd", "zero_last")
    pure = functionalize(step, X, Y, certify=0, **owners)
    _, loss = pure(pure.state(), X * 2, Y)
    assert float(loss) == pytest.approx(step(torch.tensor(X * 2), torch.tensor(Y)).item(), rel=1e-6)


def test_arguments_of_another_shape_are_refused():
    owners, step = build("linear", "sgd", "zero_last")
    pure = functionalize(step, X, Y, certify=0, **owners)
    with pytest.raises(FunctionalizationError, match=r"argument 0 is float32\[5, 3\].*recorded for float32\[6,3\]"):
        pure(pure.state(), X[:5], Y)
    with pytest.raises(FunctionalizationError, match=r"argument 0 is int64.*pad the last one"):
        pure(pure.state(), X.astype(np.int64), Y)
    with pytest.raises(FunctionalizationError, match="with 2 arrays as arguments, but got 1"):
        pure(pure.state(), X)


# The caller's own precision.


@pytest.mark.parametrize("x64", [False, True])
def test_callers_of_either_precision(x64):
    owners, step = build("buffer", "adam", "zero_first")
    with jax.enable_x64(x64):
        pure = functionalize(step, X, Y, certify=0, **owners)
        state, run = pure.state(), jax.jit(pure)
        for _ in range(2):
            state, loss = run(state, X, Y)
        assert loss.dtype == np.float32
        assert state["model"]["calls"].dtype == np.int64
        assert state["model"]["inner.weight"].dtype == np.float32
    stateful_losses(step, 2)
    assert_same(state, owners)


def test_float64_models_keep_their_precision():
    owners, step = build("mlp", "sgd", "zero_last")
    owners["model"].double()
    x, y = X.astype(np.float64), Y.astype(np.float64)
    pure = functionalize(step, x, y, certify=0, **owners)
    state, loss = pure(pure.state(), x, y)
    assert loss.dtype == np.float64
    np.testing.assert_allclose(float(loss), step(torch.tensor(x), torch.tensor(y)).item(), **tolerance("float64"))
    assert_same(state, owners)
