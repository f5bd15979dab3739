"""Gradient descent: `value_and_grad` gives the cost and its slope, `vmap` gives them for a whole curve at once.

Run it with:
    python examples/gradient_descent/functional.py [--out curve.png]
"""

import argparse

import jax
import jax.numpy as jnp
from picture import draw

from funcgrad.optim import sgd
from funcgrad.train import TrainState, make_train_step

X = jnp.array([1.0, 2.0, 3.0])
Y = jnp.array([1.0, 2.0, 3.0])
RATES = (0.25, 0.05, 0.001)  # too high, about right, too low
SHOWN = (0, 1, 2, 3, 5, 10)


def cost(W, b=0.0):
    return jnp.mean((W * X + b - Y) ** 2)


def costs_and_slopes(ws):
    values, slopes = jax.vmap(jax.value_and_grad(cost))(jnp.array(ws))
    return list(zip(ws, values.tolist(), slopes.tolist(), strict=True))


def descend(lr, steps):
    """W alone, before the first iteration and after each one."""
    W = 0.0
    path = [W]
    for _ in range(steps):
        W = W - lr * jax.grad(cost)(W)
        path.append(float(W))
    return path


def train(steps):
    """W, b and the cost at every 200th iteration."""
    optimizer = sgd(0.01)
    step_once = make_train_step(lambda params, _: cost(**params), optimizer)
    state = TrainState.create({"W": jnp.zeros(()), "b": jnp.zeros(())}, optimizer)
    for step in range(steps + 1):
        W, b = state.params["W"].item(), state.params["b"].item()
        state, metrics = step_once(state, None)
        if step % 200 == 0:
            print(f"{step:9d}{W:10.4f}{b:10.4f}{metrics.loss:10.4f}")
    return metrics.loss.item()


def main(steps=1000, out=None):
    tangents = costs_and_slopes([-1.0, 0.0, 1.0, 2.0, 3.0])
    print("        W      cost     slope")
    for w, value, slope in tangents:
        print(f"{w:9g}{value:10.4f}{slope:10.4f}")

    print(f"\n{'W after':9}" + "".join(f"{step:10d}" for step in SHOWN))
    paths = {lr: descend(lr, SHOWN[-1]) for lr in RATES}
    for lr, path in paths.items():
        print(f"{f'lr={lr:g}':9}" + "".join(f"{path[step]:10.4g}" for step in SHOWN))

    print("\niteration         W         b      cost")
    final = train(steps)

    if out:
        draw(
            out,
            curve=[(w, value) for w, value, _ in costs_and_slopes(jnp.linspace(-2.25, 4.25, 66).tolist())],
            tangents=tangents,
            paths={lr: [(w, value) for w, value, _ in costs_and_slopes(path)] for lr, path in paths.items()},
        )
    return {"cost": final, **{f"lr={lr:g}": path[-1] for lr, path in paths.items()}}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", help="draw the cost curve, its tangents and the three learning rates into this PNG")
    main(out=parser.parse_args().out)
