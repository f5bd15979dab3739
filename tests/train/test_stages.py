import re
import subprocess
import sys

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from funcgrad.optim import clip_by_global_norm, sgd
from funcgrad.train import Accumulated, Clipped, Mean, Scaled, Summed, apply_gradients, clip, mean, unscale

SUMMED = Summed(Accumulated({"w": jnp.array([6.0, 8.0])}, jnp.float32(2)))
SCALED = Scaled(Accumulated({"w": jnp.array([48.0, 64.0])}, jnp.float32(2)), jnp.float32(8))
STAGES = {"Scaled": SCALED, "Summed": SUMMED, "Mean": mean(SUMMED), "Clipped": Clipped(mean(SUMMED).tree)}
CLIP = clip_by_global_norm(1.0)


def apply(gradient):
    params = {"w": jnp.zeros(2)}
    return apply_gradients(sgd(0.5), gradient, sgd(0.5).init(params), params)


CALLS = {"unscale": unscale, "mean": mean, "clip": lambda g: clip(g, CLIP), "apply_gradients": apply}


def test_the_stages_in_their_order():
    average = mean(unscale(SCALED))
    chex.assert_trees_all_equal(average, Mean({"w": np.float32([3, 4])}))
    clipped = clip(average, CLIP)
    chex.assert_trees_all_close(clipped, Clipped({"w": np.float32([0.6, 0.8])}), rtol=1e-6)
    params, _, updates = apply(clipped)
    chex.assert_trees_all_close((params, updates), ({"w": np.float32([-0.3, -0.4])},) * 2, rtol=1e-6)


@pytest.mark.parametrize(
    "call, stage, text",
    [
        ("mean", "Scaled", "a gradient that is Scaled, expected one that is Summed. Call unscale on it first."),
        ("clip", "Scaled", "is Scaled, expected one that is Mean. Call unscale and then mean on it first."),
        ("clip", "Summed", "is Summed, expected one that is Mean. Call mean on it first."),
        ("apply_gradients", "Scaled", "expected one that is Mean or Clipped. Call unscale and then mean on it first."),
        ("apply_gradients", "Summed", "expected one that is Mean or Clipped. Call mean on it first."),
        ("unscale", "Summed", "is Summed, expected one that is Scaled. It has been through unscale already: drop"),
        ("unscale", "Clipped", "It has been through unscale already: drop one of the two calls."),
        ("mean", "Mean", "It has been through mean already"),
        ("clip", "Clipped", "It has been through clip already"),
    ],
)
@pytest.mark.parametrize("transform", [lambda f: f, jax.jit], ids=["run", "trace"])
def test_a_wrong_order_names_the_stage_and_the_missing_call(call, stage, text, transform):
    with pytest.raises(TypeError, match=rf"^{call} was given .*{re.escape(text)}"):
        transform(CALLS[call])(STAGES[stage])


def test_a_bare_tree_has_no_stage():
    with pytest.raises(TypeError, match=r"clip was given a dict without a stage.*say so: Mean\(\.\.\.\)"):
        clip({"w": jnp.ones(2)}, CLIP)


def test_clipping_by_a_rule_with_memory_is_refused():
    with pytest.raises(ValueError, match=r"keeps state, which would be lost.*optax\.chain"):
        clip(mean(SUMMED), optax.adaptive_grad_clip(0.1).__class__(optax.ema(0.9).init, optax.ema(0.9).update))


def test_a_gradient_is_handed_over_in_the_dtype_of_its_parameter():
    params = {"w": jnp.zeros(2, jnp.bfloat16)}
    optimizer = optax.trace(0.9)
    state = optimizer.init(params)
    following = apply_gradients(optimizer, Mean({"w": jnp.ones(2)}), state, params)[:2]
    assert [leaf.dtype for leaf in jax.tree.leaves(following)] == [jnp.bfloat16] * 2


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_is_a_pytree_with_all_its_fields(name):
    leaves, structure = jax.tree.flatten(STAGES[name])
    chex.assert_trees_all_equal(jax.tree.unflatten(structure, leaves), STAGES[name])
    assert len(leaves) == {"Scaled": 3, "Summed": 2}.get(name, 1)


PROGRAM = """
from typing import Any
import jax
from funcgrad.train import Clipped, Mean, Scaled, Summed, accumulate, apply_gradients, clip, mean, unscale
def right(g: Scaled[Any], by: Any, o: Any) -> None:
    apply_gradients(o, clip(mean(unscale(g)), by), (), {})
def wrong(scaled: Scaled[Any], summed: Summed[Any], by: Any, o: Any) -> None:
    clip(scaled, by)
    mean(scaled)
    unscale(summed)
    apply_gradients(o, summed, (), {})
def accumulated(loss_fn: Any, params: Any, batch: Any, scale: jax.Array, by: Any) -> None:
    sums, scaled = accumulate(loss_fn)(params, batch), accumulate(loss_fn)(params, batch, scale=scale)
    clip(mean(sums.gradient), by), clip(mean(unscale(scaled.gradient)), by)
    clip(sums.gradient, by)
    mean(scaled.gradient)
    unscale(sums.gradient)
    unscale(unscale(scaled.gradient))
    clip(clip(mean(sums.gradient), by), by)
"""


def test_the_type_checker_sees_a_wrong_order(tmp_path):
    pytest.importorskip("pyright", reason="pyright comes with the extra dev")
    script = tmp_path / "order.py"
    script.write_text(PROGRAM)
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wrong = {int(line) for line in re.findall(r"order\.py:(\d+):\d+ - error", done.stdout)}
    assert wrong == {8, 9, 10, 11, *range(15, 20)}, done.stdout
