"""Bad input: the error says what to do, and nothing is lost by it."""

import resource
import shutil

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from training import make_batch, make_params, sum_loss

from funcgrad.optim import adam
from funcgrad.train import (
    CheckpointError,
    Checkpoints,
    DataParallel,
    TrainState,
    Window,
    apply_gradients,
    fit,
    make_stream_step,
    make_train_step,
)
from funcgrad.train.stages import Mean

OPTIMIZER = adam(0.01)
BATCHES = [make_batch(8, seed=seed) for seed in range(6)]


def make_state(params=None, optimizer=OPTIMIZER):
    return TrainState.create(make_params() if params is None else params, optimizer)


def assert_refused(step, state, batch, error, text):
    """The step refuses, and the state that it would have used up can still be used."""
    with pytest.raises(error, match=text):
        step(state, batch)
    assert not any(leaf.is_deleted() for leaf in jax.tree.leaves(state))


def test_a_batch_that_the_devices_do_not_divide():
    step = make_train_step(sum_loss, OPTIMIZER, parallel=DataParallel.over())
    state = make_state()
    assert_refused(step, state, make_batch(7), ValueError, r"7 examples for 4 devices.*Fill it up with .* weight 0")
    assert int(step(state, make_batch(8))[0].step) == 1


def test_a_share_that_the_process_s_devices_do_not_divide():
    with pytest.raises(ValueError, match=r"7 examples for 4 devices, expected a multiple"):
        DataParallel.over().place_share(make_batch(7))


def test_a_batch_of_fewer_examples_than_micro_batches():
    step = make_train_step(sum_loss, OPTIMIZER, micro_batches=3)
    assert_refused(step, make_state(), make_batch(2), ValueError, r"micro_batches is 3, but the batch has 2 examples")


def test_weights_of_zero():
    """The mean over nothing is nan and said so by `fit` (test_loop.py); skipped, it changes nothing."""
    nothing = {**make_batch(8), "weights": np.zeros((8, 5), np.float32)}
    step = make_train_step(sum_loss, OPTIMIZER, skip_nonfinite=True)
    state, metrics = step(make_state(), nothing)
    chex.assert_trees_all_equal((state.params, state.opt_state), (make_state().params, make_state().opt_state))
    assert (bool(metrics.is_finite), float(metrics.weight)) == (False, 0.0)


def test_a_loss_of_nan_keeps_the_checkpoint_before_it(tmp_path):
    spoilt = [*BATCHES[:3], {**BATCHES[3], "x": np.full_like(BATCHES[3]["x"], np.nan)}]
    step = make_train_step(sum_loss, OPTIMIZER)
    with pytest.raises(FloatingPointError, match=r"The loss of step 4 was nan.*skip_nonfinite=True"):
        fit(step, make_state(), spoilt, visit_every=2, checkpoints=Checkpoints(tmp_path))
    state, _ = fit(step, make_state(), BATCHES, visit_every=2, checkpoints=Checkpoints(tmp_path))
    alone, _ = fit(step, make_state(), BATCHES, visit_every=2)
    chex.assert_trees_all_equal(state, alone)


def test_params_of_integers():
    params = {**make_params(), "b1": np.zeros(4, int)}
    text = r"params\['b1'\] has dtype int\d+, expected a floating dtype.*cast it, or hand it to loss_fn in the batch"
    assert_refused(make_train_step(sum_loss, OPTIMIZER), make_state(params), make_batch(8), TypeError, text)
    state = make_state(params)
    with pytest.raises(TypeError, match=text):
        make_stream_step(sum_loss, OPTIMIZER).add(state, Window.empty(state), make_batch(8))


def step_of(**options):
    return lambda: make_train_step(sum_loss, options.pop("optimizer", OPTIMIZER), **options)


@pytest.mark.parametrize(
    "call, text",
    [
        (
            lambda: make_state({"w": jnp.ones(2), "name": "relu"}),
            r"params\['name'\] is 'relu', expected an array.*eqx\.p",
        ),
        (lambda: make_state({"act": jnp.tanh}), r"params\['act'\] is a PjitFunction, expected an array"),
        (
            lambda: make_state(optimizer=0.1),
            r"optimizer is 0\.1, expected an optax transformation, such as funcgrad\.op",
        ),
        (lambda: TrainState.create(make_params(), OPTIMIZER, rng=7), r"rng is 7, expected.*jax\.random\.key\(7\)"),
        (
            lambda: TrainState.create(make_params(), OPTIMIZER, loss_scale=8.0),
            r"loss_scale is 8\.0, expected LossScale\.dynamic",
        ),
        (step_of(optimizer=optax.sgd), r"optimizer is a function, expected an optax transformation"),
        (step_of(clip=1.0), r"clip is 1\.0, expected an optax transformation, such as .*clip_by_global_norm\(1\.0\)"),
        (step_of(policy="bfloat16"), r"policy is 'bfloat16', expected Policy\(compute=jnp\.bfloat16\)"),
        (step_of(parallel=True), r"parallel is True, expected DataParallel\.over\(\)"),
        (step_of(micro_batches=2.0), r"micro_batches is 2\.0, expected an integer"),
        (
            lambda: step_of()()(make_params(), BATCHES[0]),
            r"the state of the step is a dict, expected TrainState\.create\(",
        ),
        (lambda: fit(step_of()(), make_state(), BATCHES[0]), r"batches is one dict.*write \[batch\]"),
        (lambda: make_train_step(lambda params, batch: None, OPTIMIZER)(make_state(), 0), r"returned None.*`return`"),
    ],
)
def test_an_argument_of_another_kind(call, text):
    with pytest.raises(TypeError, match=text):
        call()


# Each of these pairs went wrong in silence, or with an error from inside the optimizer, before it was checked.
@pytest.mark.parametrize(
    "made_with, stepped_with",
    [
        (OPTIMIZER, optax.sgd(0.1)),
        (optax.adam(0.1), optax.sgd(0.1)),
        (optax.sgd(0.1), optax.adam(0.1)),
        (optax.adam(0.1), OPTIMIZER),
        (adam(0.1), adam(lambda count: 0.1)),
    ],
    ids=["adam, optax.sgd", "optax.adam, optax.sgd", "optax.sgd, optax.adam", "optax.adam, adam", "adam, scheduled"],
)
def test_an_optimizer_that_does_not_fit(made_with, stepped_with):
    text = r"the optimizer state is a .*, but for these parameters this optimizer keeps a .*TrainState\.create\(params"
    assert_refused(
        make_train_step(sum_loss, stepped_with), make_state(optimizer=made_with), make_batch(8), ValueError, text
    )


def test_an_optimizer_state_of_other_parameters():
    params, other = {"w": jnp.ones(3)}, {"w": jnp.ones(4)}
    with pytest.raises(ValueError, match=r"float32\[4\].*float32\[3\]"):
        apply_gradients(OPTIMIZER, Mean(params), OPTIMIZER.init(other), params)


def test_a_damaged_checkpoint_is_named_and_the_one_before_it_serves(tmp_path):
    step, checkpoints = make_train_step(sum_loss, OPTIMIZER), Checkpoints(tmp_path)
    fit(step, make_state(), BATCHES[:4], visit_every=2, checkpoints=checkpoints)
    arrays = checkpoints.path(4) / "arrays.npz"
    arrays.write_bytes(arrays.read_bytes()[:-100])
    with pytest.raises(
        CheckpointError, match=r"0000000004 is damaged.*Remove this folder to go on from the one before"
    ):
        fit(step, make_state(), BATCHES, visit_every=2, checkpoints=checkpoints)
    shutil.rmtree(checkpoints.path(4))
    state, _ = fit(step, make_state(), BATCHES, visit_every=2, checkpoints=checkpoints)
    alone, _ = fit(step, make_state(), BATCHES, visit_every=2)
    chex.assert_trees_all_equal(state, alone)


@pytest.fixture
def no_room():
    """A function after which no file of this process can grow beyond a number of bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [0, 2000])
def test_a_full_disk(tmp_path, no_room, size):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(1, make_state())
    no_room(size)
    with pytest.raises(CheckpointError, match=r"could not be written: .*File too large.*untouched: \[1\]") as caught:
        checkpoints.save(2, make_state())
    no_room(10**9)
    assert checkpoints.steps() == [1]
    chex.assert_trees_all_equal(checkpoints.restore(make_state()).state, make_state())
    checkpoints.save(2, caught.value.state)
    assert [path.name for path in sorted(checkpoints.folder.iterdir())] == ["0000000001", "0000000002"]
