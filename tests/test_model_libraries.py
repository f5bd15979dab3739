"""The examples of model libraries: each trains, and agrees with a loop written with the library and optax alone."""

import runpy
import sys
from pathlib import Path

import chex
import jax
import numpy as np
import optax
import pytest

from funcgrad.testing import assert_accumulation_invariant
from funcgrad.train import TrainState, make_train_step

FOLDER = Path(__file__).parents[1] / "examples" / "model_libraries"
LIBRARIES = {
    "plain_dicts": "jax",
    "equinox_modules": "equinox",
    "flax_linen": "flax",
    "flax_nnx": "flax",
    "haiku_transforms": "haiku",
}


@pytest.fixture
def example(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])  # as `python script.py` has it

    def load(name):
        pytest.importorskip(LIBRARIES[name], reason="pip install -e '.[examples]'")
        return runpy.run_path(str(FOLDER / f"{name}.py"))

    return load


def test_every_script_is_tested():
    assert {path.stem for path in FOLDER.glob("*.py")} == {*LIBRARIES, "rings"}


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_model_of_every_library_learns(example, name, capsys):
    losses, accuracy = example(name)["main"](steps=150)
    assert losses[-10:].mean() < 0.5 * losses[0]
    assert accuracy > 0.9
    assert f"accuracy {accuracy:.1%}" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["plain_dicts", "equinox_modules"])
def test_without_batch_norm_micro_batches_change_nothing(example, name):
    script = example(name)
    params = script["init"](jax.random.key(0)) if "init" in script else script["PARAMS"]
    batch = jax.tree.map(lambda leaf: leaf[:8], script["HELD_OUT"][0])
    assert_accumulation_invariant(script["loss_fn"], params, batch, splits=[[range(3), [], range(3, 8)]])
    alone, parts = (script["main"](steps=20, micro_batches=count)[0] for count in (1, 4))
    np.testing.assert_allclose(parts, alone, rtol=1e-4)  # Adam magnifies the rounding of a gradient near zero


def first_state(script, optimizer):
    if "init" in script:
        state = script["init"](jax.random.key(0))
        return TrainState.create(state.params, optimizer, rng=state.rng, collections=state.collections)
    return TrainState.create(script["PARAMS"], optimizer, collections=script["STATISTICS"])


@pytest.mark.parametrize("name", ["flax_linen", "flax_nnx", "haiku_transforms"])
def test_parameters_and_statistics_are_those_of_a_loop_by_hand(example, name):
    script, optimizer = example(name), optax.sgd(0.1)
    by_hand, state = (first_state(script, optimizer) for _ in range(2))
    params, statistics = by_hand.params, by_hand.collections
    step = make_train_step(script["loss_fn"], optimizer)

    @jax.jit
    def gradient(params, batch, *rest):
        sums, changed = script["loss_fn"](params, batch, *rest)
        return sums.finish(), changed

    for index, batch in enumerate(script["batches"](2)):
        key = () if state.rng is None else (jax.random.fold_in(by_hand.rng, index),)
        grads, statistics = jax.grad(gradient, has_aux=True)(params, batch, *key, statistics)
        params = optax.apply_updates(params, jax.tree.map(lambda grad: -0.1 * grad, grads))
        state, _ = step(state, batch)
    assert len(jax.tree.leaves(statistics)) >= 2
    chex.assert_trees_all_close((state.params, state.collections), (params, statistics), rtol=1e-5, atol=1e-6)
