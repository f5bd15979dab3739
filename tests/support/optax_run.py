"""A training as a functional port has it: JAX and optax, weights (in, out), names of its own; and its recording."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from torch_run import DATA, LABELS

from funcgrad.divergence import Recorder


def loss_of(params, x, y):
    hidden = jnp.tanh(x @ params["dense1"]["kernel"] + params["dense1"]["bias"])
    logits = hidden @ params["dense2"]["kernel"] + params["dense2"]["bias"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()


def train(path, params, optimizer, options, *, clip=None, steps=4):
    """Train and record; the arguments are those of a torch run, as a port would translate them."""
    recorder = Recorder(str(path), steps).start(params)
    state = optimizer.init(params)
    for step in range(steps):
        x, y = (a[12 * step : 12 * step + 12] for a in (DATA, LABELS))
        loss, raw = jax.value_and_grad(loss_of)(params, x, y)
        grads = raw if clip is None else optax.clip_by_global_norm(clip).update(raw, None)[0]
        updates, state = optimizer.update(grads, state, params)
        params = optax.apply_updates(params, updates)
        recorder.step(params=params, grads=grads, raw_grads=raw, loss=loss, inputs=(x, y), options=options)
    return str(path)


def params_of(run):
    """The first parameters of a recorded torch run, as a port lays them out."""
    layers = {}
    for theirs, ours in (("0", "dense1"), ("2", "dense2")):
        weight, bias = (run.get(0, "param", f"{theirs}.{name}").array() for name in ("weight", "bias"))
        layers[ours] = {"bias": jnp.asarray(bias, jnp.float32), "kernel": jnp.asarray(weight.T, np.float32)}
    return layers
