"""Laws that hold for every rule: one program, pure, resumable, the same leaf by leaf as over a tree."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from optimizer_cases import OPTIONS
from optimizer_trajectory import gradient_at, options_of, rule_of, start, transformation_of

from funcgrad import optim
from funcgrad.tolerances import tolerance

plain_and_rich = [(name, index) for name, sets in OPTIONS.items() for index in (0, len(sets) - 1)]
every_case = pytest.mark.parametrize("name, index", plain_and_rich)
every_optimizer = pytest.mark.parametrize("name", OPTIONS)


def _grads_over_time(name, index, steps):
    grads = [gradient_at(name, index, start(name), step) for step in range(steps)]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *grads)


@every_case
def test_scan_equals_the_loop(name, index):
    optimizer, params = transformation_of(name, index), start(name)
    grads = _grads_over_time(name, index, 6)

    def step(carry, grad):
        params, state = carry
        updates, state = optimizer.update(grad, state, params)
        return (optax.apply_updates(params, updates), state), None

    carry = params, optimizer.init(params)
    scanned, _ = jax.lax.scan(step, carry, grads)
    for i in range(6):
        carry, _ = step(carry, jax.tree.map(lambda leaf, i=i: leaf[i], grads))
    chex.assert_trees_all_close(scanned, carry, rtol=1e-5, atol=1e-6)


@every_case
def test_a_leaf_alone_moves_as_in_the_tree(name, index):
    rule, optimizer, params = rule_of(name), transformation_of(name, index), start(name)
    options, state = options_of(name, index), optimizer.init(params)
    leaf, leaf_state = params["weight"], rule.init(params["weight"], **options)
    for step in range(3):
        grads = gradient_at(name, index, params, step)
        updates, state = optimizer.update(grads, state, params)
        update, leaf_state = rule.update(grads["weight"], leaf_state, leaf, **options)
        chex.assert_trees_all_equal(update, updates["weight"])
        params, leaf = optax.apply_updates(params, updates), leaf + update


@every_case
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_hyperparameters_as_arrays_give_the_same_update(name, index, dtype):
    """A program whose learning rate is a float64 argument moves as one in which it is a constant."""
    rule, options = rule_of(name), options_of(name, index)
    with jax.enable_x64(True):
        param = start(name, dtype)["weight"]
        state = rule.init(param, **options)
        statics, arrays = _split(rule, options)
        update = jax.jit(lambda grad, state, param, arrays: rule.update(grad, state, param, **statics, **arrays))
        grad = gradient_at(name, index, {"weight": param}, 1)["weight"]
        expected = rule.update(grad, state, param, **options)
        actual = update(grad, state, param, arrays)
        chex.assert_trees_all_equal_dtypes(actual, expected)
        chex.assert_trees_all_close(actual, expected, **tolerance(dtype, "gradient"))


def _split(rule, options):
    """The options that shape a program, zeros too, and the numbers that it takes as arguments."""
    is_number = {key: all(map(_is_argument, jax.tree.leaves(value))) for key, value in options.items()}
    is_number |= dict.fromkeys(rule.static, False)
    statics = {key: value for key, value in options.items() if not is_number[key]}
    arrays = {key: value for key, value in options.items() if is_number[key]}
    return statics, jax.tree.map(lambda x: jnp.asarray(x, float), arrays)


def _is_argument(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value != 0


@every_case
def test_state_survives_flatten_and_the_state_dict(name, index):
    rule, param, options = rule_of(name), start(name)["weight"], options_of(name, index)
    _, state = rule.update(param, rule.init(param, **options), param, **options)
    leaves, treedef = jax.tree.flatten(state)
    chex.assert_trees_all_equal(treedef.unflatten(leaves), state)
    resumed = rule.from_dict(rule.to_dict(state))
    chex.assert_trees_all_equal(
        rule.update(param, resumed, param, **options)[0], rule.update(param, state, param, **options)[0]
    )


@every_case
def test_an_update_keeps_the_structure_and_the_dtypes_of_the_state(name, index):
    optimizer, params = transformation_of(name, index), start(name)
    state = optimizer.init(params)
    _, next_state = optimizer.update(gradient_at(name, index, params, 0), state, params)
    chex.assert_trees_all_equal_shapes_and_dtypes(next_state, state)


@every_optimizer
def test_one_learning_rate_schedule_compiles_once(name):
    chex.clear_trace_counter()
    rule, params = rule_of(name), start(name)
    optimizer = getattr(optim, name.lower())(learning_rate=lambda count: 0.1 / (1.0 + count.astype(float)))
    update = jax.jit(chex.assert_max_traces(optimizer.update, n=1))
    state, leaf_state = optimizer.init(params), rule.init(params["weight"], lr=0.1)
    for step in range(3):
        grads = gradient_at(name, 0, params, step)
        updates, state = update(grads, state, params)
        expected, leaf_state = rule.update(grads["weight"], leaf_state, params["weight"], lr=0.1 / (1 + step))
        chex.assert_trees_all_close(updates["weight"], expected, rtol=1e-6, atol=1e-7)
        params = optax.apply_updates(params, updates)


@every_optimizer
def test_empty_trees_and_empty_leaves(name):
    optimizer = transformation_of(name, 0)
    for params in ({}, {"none": jnp.zeros((0, 3))}):
        updates, _ = optimizer.update(params, optimizer.init(params), params)
        chex.assert_trees_all_equal(updates, params)


@every_optimizer
def test_parameters_are_required(name):
    optimizer, params = transformation_of(name, 0), start(name)
    with pytest.raises(ValueError, match=r"call optimizer.update\(grads, state, params\)"):
        optimizer.update(params, optimizer.init(params))


@every_optimizer
def test_defaults_of_the_function_are_those_of_the_rule(name):
    grads = start(name)
    by_function = transformation_of(name, 0)
    updates, _ = by_function.update(grads, by_function.init(grads), grads)
    rule = rule_of(name)
    expected, _ = rule.update(grads["weight"], rule.init(grads["weight"]), grads["weight"])
    np.testing.assert_array_equal(updates["weight"], expected)
