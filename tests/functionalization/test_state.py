"""State in and out of the stateful objects."""

import chex
import jax
import numpy as np
import pytest
from functionalized_proofs import assert_same, leaves
from small_steps import STEPS, X, Y, build, stateful_losses

import funcgrad.torch as torch
from funcgrad import functionalize
from funcgrad.functionalization import FunctionalizationError

nn = torch.nn


@pytest.mark.parametrize("has_trained", [False, True])
def test_stateful_objects_are_untouched(has_trained):
    owners, step = build("buffer", "momentum", "never_zero")
    if has_trained:
        stateful_losses(step, 2)
    before = jax.tree.map(np.copy, leaves(owners))
    model, rng = owners["model"], torch.get_rng_state().numpy().copy()
    identities = [(id(p), p._version, id(p.grad)) for p in model.parameters()]
    pure = functionalize(step, X, Y, **owners)
    state, _ = pure(pure.state(), X, Y)
    jax.jit(pure)(state, X, Y)
    chex.assert_trees_all_equal(leaves(owners), before)
    assert [(id(p), p._version, id(p.grad)) for p in model.parameters()] == identities
    np.testing.assert_array_equal(torch.get_rng_state().numpy(), rng)


@pytest.mark.parametrize("order", ["never_zero", "zero_last"])
@pytest.mark.parametrize("has_trained", [False, True])
def test_load_makes_the_state_the_owners(order, has_trained):
    owners, step = build("mlp", "adam", order)
    twins, twin_step = build("mlp", "adam", order)
    pure = functionalize(step, X, Y, certify=0, **owners)
    state = pure.state()
    for _ in range(STEPS):
        state, _ = pure(state, X, Y)
    if has_trained:
        step(torch.tensor(X), torch.tensor(Y))
    pure.load(state)
    stateful_losses(twin_step, STEPS)
    assert_same(state, owners)
    assert_same(state, twins)
    counters = [entries["step"]._storage.value for entries in owners["optimizer"].state.values()]
    assert len(set(map(id, counters))) == 1  # so that one operator still updates all parameters
    np.testing.assert_allclose(stateful_losses(step), stateful_losses(twin_step), rtol=1e-6)


def test_the_loaded_learning_rate_is_a_number_again():
    owners, step = build("linear", "sgd", "zero_last")
    pure = functionalize(step, X, Y, certify=0, **owners)
    state = pure.state()
    state["optimizer"]["groups.0.lr"] = 0.05
    state, _ = pure(state, X, Y)
    pure.load(state)
    assert owners["optimizer"].param_groups[0]["lr"] == 0.05
    assert float(pure.state()["optimizer"]["groups.0.lr"]) == 0.05


def test_a_state_of_another_structure_is_refused():
    owners, step = build("linear", "momentum", "zero_first")
    pure = functionalize(step, X, Y, certify=0, **owners)
    state = pure.state()
    del state["model"]["bias"]
    with pytest.raises(FunctionalizationError, match=r"which is no state of the step. Start from state"):
        pure(state, X, Y)
    with pytest.raises(FunctionalizationError, match=r"has no 'bias' of 'model'.*Load one of this step"):
        pure.load(state)


def test_a_refusal_leaves_everything_as_it_was():
    owners, step = build("linear", "momentum", "zero_first")
    stateful_losses(step, 1)
    before = jax.tree.map(np.copy, leaves(owners))
    with pytest.raises(FunctionalizationError, match="looks at a value"):
        functionalize(lambda x, y: step(x, y).item(), X, Y, **owners)
    chex.assert_trees_all_equal(leaves(owners), before)
    assert np.isfinite(stateful_losses(step, 1)[0])
