"""The step of `funcgrad.train` against the same step written by hand with `jax.jit` and optax.

Both donate their state and count their steps: a counter on the device costs 1 to 2 microseconds a step in either.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

from funcgrad.optim import sgd
from funcgrad.train import TrainState, make_train_step

SIZES = {
    "tiny 8-16-4, batch 8": (8, 16, 4, 8),
    "digits 64-32-10, batch 32": (64, 32, 10, 32),
    "mlp 784-256-10, batch 128": (784, 256, 10, 128),
}


def problem(name):
    """Parameters and one batch of a two-layer perceptron."""
    inputs, hidden, outputs, batch = SIZES[name]
    draw = np.random.default_rng(0).standard_normal
    params = {
        "w1": draw((inputs, hidden)) * 0.05,
        "b1": draw(hidden),
        "w2": draw((hidden, outputs)) * 0.05,
        "b2": draw(outputs),
    }
    pair = jnp.asarray(draw((batch, inputs)), jnp.float32), jnp.asarray(draw((batch, outputs)), jnp.float32)
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), params), pair


def loss_fn(params, batch):
    x, y = batch
    hidden = jax.nn.relu(x @ params["w1"] + params["b1"])
    return jnp.mean((hidden @ params["w2"] + params["b2"] - y) ** 2)


def by_hand(name):
    """`run(steps)` with the step as one writes it without a library."""
    params, batch = problem(name)
    optimizer = optax.sgd(0.01, momentum=0.9)
    states = [(params, optimizer.init(params), jnp.zeros((), jnp.int32))]

    @partial(jax.jit, donate_argnums=(0, 1, 2))
    def step(params, opt_state, count, batch):
        loss, grads = jax.value_and_grad(loss_fn)(params, batch)
        updates, opt_state = optimizer.update(grads, opt_state, params)
        return optax.apply_updates(params, updates), opt_state, count + 1, loss

    def run(steps):
        params, opt_state, count = states.pop()
        for _ in range(steps):
            params, opt_state, count, loss = step(params, opt_state, count, batch)
        jax.block_until_ready((params, loss))
        states.append((params, opt_state, count))

    return run


def by_funcgrad(name):
    """`run(steps)` with the step that `make_train_step` returns."""
    params, batch = problem(name)
    optimizer = sgd(0.01, momentum=0.9)
    step = make_train_step(loss_fn, optimizer)
    states = [TrainState.create(params, optimizer)]

    def run(steps):
        state = states.pop()
        for _ in range(steps):
            state, metrics = step(state, batch)
        jax.block_until_ready((state, metrics))
        states.append(state)

    return run
