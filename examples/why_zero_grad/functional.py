"""Why `zero_grad` is not needed here: a gradient is a return value, and adding it to the last one has to be written.

Run it with:
    python examples/why_zero_grad/functional.py
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax

import funcgrad.torch as torch
from funcgrad.optim import sgd
from funcgrad.train import TrainState, make_train_step

SHOWN = (0, 10, 20, 50, 100)


def initial(steps):
    """The stateful script's first weights and its random inputs."""
    torch.manual_seed(0)
    model = torch.nn.Linear(1, 1)
    params = {"weight": model.weight.detach().numpy(), "bias": model.bias.detach().numpy()}
    return params, [torch.randn(1).numpy() for _ in range(steps)]


def predict(params, x):
    return params["weight"] @ x + params["bias"]


def loss_fn(params, x):
    return jnp.mean((predict(params, x) - x) ** 2)


def train(optimizer, steps):
    """The weight before the first iteration and after each one."""
    params, inputs = initial(steps)
    step = make_train_step(loss_fn, optimizer)
    state = TrainState.create(params, optimizer)
    weights = [params["weight"].item()]
    for x in inputs:
        state, _ = step(state, x)
        weights.append(state.params["weight"].item())
    return weights


def gradients(kept):
    """Sums of the fresh gradients, 2 and 1; `kept` says how much of the sum so far stays, for weight and bias."""
    params, _ = initial(0)
    total = {"weight": 0.0, "bias": 0.0}
    pairs = []
    for _ in range(3):
        fresh = jax.grad(lambda params: predict(params, np.float32([2.0])).sum())(params)
        total = jax.tree.map(lambda keep, old, new: keep * old + new, kept, total, fresh)
        pairs.append((total["weight"].item(), total["bias"].item()))
    return pairs


# What each order of the stateful calls amounts to, as an update rule.
RULES = {
    "as_the_post_prints_it": optax.set_to_zero(),
    "zero_backward_step": sgd(0.1),
    "backward_step_zero": sgd(0.1),
    "grad_none_by_hand": sgd(0.1),
    "zero_grad_forgotten": sgd(0.1, momentum=1.0),
}
ALL, WEIGHT_CLEARED, NONE = {"weight": 1, "bias": 1}, {"weight": 0, "bias": 1}, {"weight": 0, "bias": 0}
KEPT = {
    "nothing": ALL,
    "manual_seed": ALL,
    "no_grad": ALL,
    "optimizer_zero_grad": WEIGHT_CLEARED,
    "a_gradient_set_by_hand": WEIGHT_CLEARED,
    "model_zero_grad": NONE,
}


def main(steps=100):
    shown = [step for step in SHOWN if step <= steps]
    metrics = {}
    print(f"{'weight after iteration':24}" + "".join(f"{step:11d}" for step in shown))
    for name, optimizer in RULES.items():
        weights = train(optimizer, steps)
        metrics[name] = weights[-1]
        print(f"{name:24}" + "".join(f"{weights[step]:11.4g}" for step in shown))

    print(f"\n{'.grad after backward':24}" + "".join(f"{count:11d}" for count in (1, 2, 3)) + "   (weight, bias)")
    for name, kept in KEPT.items():
        pairs = gradients(kept)
        metrics[name] = pairs[-1][1]
        print(f"{name:24}" + "".join(f"{f'{weight:g}, {bias:g}':>11}" for weight, bias in pairs))
    return metrics


if __name__ == "__main__":
    main()
