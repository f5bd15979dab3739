"""`shard_state=True`: where parameters, gradients and optimizer state lie, and what is sent for it."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from programs import collectives
from training import make_batch, make_params, sum_loss

from funcgrad.optim import adafactor, adam, clip_by_global_norm, muon
from funcgrad.train import DataParallel, Policy, TrainState, evaluate, make_eval_step, make_train_step, weighted_sum

OPTIMIZER = adam(0.01)
SPLIT = DataParallel.over(shard_state=True)
DEVICES, LAYERS, WIDTH = 4, 6, 64


def deep_loss(params, batch):
    x = batch["x"]
    for layer in range(LAYERS):
        x = jnp.tanh(x @ params[f"w{layer}"])
    return weighted_sum(x.sum(axis=1), batch["weights"])


def deep_params():
    draw = np.random.default_rng(0).standard_normal
    return {f"w{layer}": draw((WIDTH, WIDTH)).astype(np.float32) / 8 for layer in range(LAYERS)}


def deep_batch(rows=8):
    draw = np.random.default_rng(1).standard_normal
    return {"x": draw((rows, WIDTH)).astype(np.float32), "weights": np.arange(rows, dtype=np.float32)}


def bytes_on_a_device(tree):
    return [
        sum(leaf.addressable_shards[device].data.nbytes for leaf in jax.tree.leaves(tree)) for device in range(DEVICES)
    ]


def placements(state):
    return jax.tree.map(lambda leaf: (leaf.sharding.spec, leaf.addressable_shards[0].data.shape), state)


def test_no_device_holds_more_than_its_part_before_or_after_a_step():
    step = make_train_step(deep_loss, OPTIMIZER, parallel=SPLIT)
    state = SPLIT.place_state(TrainState.create(deep_params(), OPTIMIZER))
    whole = sum(leaf.nbytes for leaf in jax.tree.leaves((state.params, state.opt_state)))
    for _ in range(2):
        for held in (bytes_on_a_device((state.params, state.opt_state)), bytes_on_a_device(state.opt_state)):
            assert len(set(held)) == 1
        assert bytes_on_a_device((state.params, state.opt_state))[0] <= whole / DEVICES + 8  # the count is everywhere
        state, _ = step(state, SPLIT.place_batch(deep_batch()))


def test_a_state_comes_out_as_it_was_placed():
    step = make_train_step(sum_loss, OPTIMIZER, parallel=SPLIT)
    state = SPLIT.place_state(TrainState.create(make_params(), OPTIMIZER))
    before = placements(state)
    assert [before.params[name][1] for name in ("w1", "b1", "w2")] == [(3, 1), (1,), (1, 2)]
    state, _ = step(state, SPLIT.place_batch(make_batch(8)))
    assert placements(state) == before


def compiled(parallel, **options):
    step = make_train_step(deep_loss, OPTIMIZER, parallel=parallel, **options)
    state = parallel.place_state(TrainState.create(deep_params(), OPTIMIZER))
    return step.lower(state, parallel.place_batch(deep_batch())).compile()


@pytest.mark.parametrize("micro_batches", [1, 2])
def test_parameters_are_gathered_and_gradients_scattered_and_only_numbers_are_added_everywhere(micro_batches):
    found = collectives(compiled(SPLIT, micro_batches=micro_batches))
    assert set(found) == {"all-gather", "reduce-scatter", "all-reduce"}
    assert found["all-reduce"] == [[(), ()]]  # loss and weight
    parts = sorted(shape for shapes in found["reduce-scatter"] for shape in shapes)
    assert parts == [(WIDTH // DEVICES, WIDTH)] * LAYERS
    assert {shape for shapes in found["all-gather"] for shape in shapes} == {(WIDTH, WIDTH)}


def test_the_backward_pass_gathers_again_what_the_forward_pass_has_dropped():
    """Seen before XLA works on it: the one for CPUs, which have no memory to save, makes one gather of the two."""
    step = make_train_step(deep_loss, OPTIMIZER, parallel=SPLIT)
    state = SPLIT.place_state(TrainState.create(deep_params(), OPTIMIZER))
    text = step.lower(state, SPLIT.place_batch(deep_batch())).as_text()
    assert text.count('"stablehlo.all_gather"') == 2 * LAYERS


def test_a_step_needs_less_memory_than_with_everything_on_each_device():
    def needed(parallel):
        memory = compiled(parallel, micro_batches=2).memory_analysis()
        return memory.argument_size_in_bytes + memory.temp_size_in_bytes

    assert needed(SPLIT) < 0.5 * needed(DataParallel.over())


@pytest.mark.parametrize(
    "optimizer",
    [optax.adamw(0.01), adafactor(0.01), muon(0.01), optax.chain(optax.clip_by_global_norm(0.1), optax.sgd(0.1))],
    ids=["adamw", "adafactor", "muon", "clipped"],
)
def test_rules_that_look_at_a_whole_matrix_or_at_all_of_them_find_the_same_numbers(optimizer):
    def params_after(parallel, place):
        step = make_train_step(deep_loss, optimizer, parallel=parallel, clip=clip_by_global_norm(1.0))
        state = place(TrainState.create(deep_params(), optimizer))
        for _ in range(2):
            state, _ = step(state, deep_batch())
        return jax.device_get(state.params)

    found, expected = params_after(SPLIT, SPLIT.place_state), params_after(None, lambda state: state)
    for name, leaf in expected.items():
        np.testing.assert_allclose(found[name], leaf, rtol=0, atol=1e-4)  # Muon iterates in bfloat16


def test_what_is_gathered_for_16_bits_is_sent_in_16_bits_and_summed_in_32():
    memories = []
    for parallel in (SPLIT, DataParallel.over()):
        step = make_train_step(deep_loss, OPTIMIZER, parallel=parallel, policy=Policy(compute=jnp.bfloat16))
        state, batch = TrainState.create(deep_params(), OPTIMIZER), deep_batch()
        text = step.lower(parallel.place_state(state), batch).as_text()
        gathered = re.findall(r"stablehlo\.all_gather.* -> tensor<[\dx]*(\w+)>", text)
        assert set(gathered) == ({"bf16"} if parallel is SPLIT else set())
        state, _ = step(parallel.place_state(state), batch)
        memories.append(jax.device_get(state.opt_state.exp_avg))
    for name, leaf in memories[1].items():
        np.testing.assert_allclose(
            memories[0][name], leaf, rtol=0, atol=1e-6
        )  # after bfloat16 they would be 1e-4 apart


def test_split_parameters_are_evaluated_as_whole_ones():
    state = TrainState.create(deep_params(), OPTIMIZER)
    metric = make_eval_step(deep_loss)
    expected = evaluate(metric, state, [deep_batch()])
    assert evaluate(metric, SPLIT.place_state(state), [deep_batch()]) == pytest.approx(expected, rel=1e-5)


def test_a_parameter_that_the_devices_do_not_divide_lies_on_each_in_full():
    step = make_train_step(lambda w, x: weighted_sum(x @ w), OPTIMIZER, parallel=SPLIT)
    state = SPLIT.place_state(TrainState.create(jnp.ones(3), OPTIMIZER))
    state, _ = step(state, SPLIT.place_batch(np.ones((4, 3), np.float32)))
    assert state.params.sharding.is_fully_replicated
