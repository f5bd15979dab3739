"""Autograd by hand: two layers, gradients as return values, and the update as new weights.

Run it with:
    python examples/autograd_by_hand/functional.py
"""

import jax
import jax.numpy as jnp

import funcgrad.torch as torch
from funcgrad.optim import sgd
from funcgrad.train import TrainState, make_train_step

BATCH, INPUT, HIDDEN, OUTPUT = 64, 1000, 100, 10
LEARNING_RATE = 1e-6
EVERY = 100


def initial():
    """The stateful script's data and first weights; JAX finds the device by itself."""
    torch.manual_seed(0)
    shapes = (BATCH, INPUT), (BATCH, OUTPUT), (INPUT, HIDDEN), (HIDDEN, OUTPUT)
    x, y, w1, w2 = (jnp.asarray(torch.randn(*shape).numpy()) for shape in shapes)
    return (w1, w2), (x, y)


def loss_fn(weights, batch):
    (w1, w2), (x, y) = weights, batch
    y_pred = jnp.maximum(x @ w1, 0) @ w2
    return jnp.sum((y_pred - y) ** 2)


@jax.jit
def step(weights, batch):
    loss, grads = jax.value_and_grad(loss_fn)(weights, batch)
    # Nothing to protect and nothing to clear: the old weights stay what they were, and grads ends with this function.
    return jax.tree.map(lambda w, g: w - LEARNING_RATE * g, weights, grads), loss


def train(steps):
    """The loss at every hundredth iteration."""
    weights, batch = initial()
    losses = []
    for t in range(1, steps + 1):
        weights, loss = step(weights, batch)
        if t % EVERY == 0:
            losses.append(loss.item())
    return losses


def train_never_cleared(steps):
    """The same with a running sum of the gradients, which is momentum 1.0 and has to be asked for."""
    weights, batch = initial()
    optimizer = sgd(LEARNING_RATE, momentum=1.0)
    summing_step = make_train_step(loss_fn, optimizer)
    state = TrainState.create(weights, optimizer)
    losses = []
    for t in range(1, steps + 1):
        state, metrics = summing_step(state, batch)
        if t % EVERY == 0:
            losses.append(metrics.loss.item())
    return losses


def main(steps=500):
    cleared, never_cleared = train(steps), train_never_cleared(steps)
    print("iteration    grad.zero_()   never cleared")
    for index, (loss, summed) in enumerate(zip(cleared, never_cleared, strict=True), start=1):
        print(f"{index * EVERY:9d}{loss:16.2f}{summed:16.2g}")  # float32 promises no more digits
    return {"cleared_at_100": cleared[0], "never_cleared": never_cleared[-1]}


if __name__ == "__main__":
    main()
