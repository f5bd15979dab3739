"""SGD and its options as an update rule: `funcgrad.optim.sgd` has PyTorch's definitions, and the step is pure.

Run it with:
    python examples/sgd_options/functional.py
"""

import jax.numpy as jnp
import optax

import funcgrad.torch as torch
from funcgrad.optim import sgd
from funcgrad.optim.schedules import step_lr
from funcgrad.train import TrainState, make_train_step

SHOWN = (1, 5, 20, 100)
HALVED = step_lr(0.01, step_size=10, gamma=0.5)
OPTIONS = {
    "SGD()": {"learning_rate": 0.001},
    "lr=0.01": {"learning_rate": 0.01},
    "+ momentum=0.9": {"learning_rate": 0.01, "momentum": 0.9},
    "+ weight_decay=1e-4": {"learning_rate": 0.01, "momentum": 0.9, "weight_decay": 1e-4},
    "+ nesterov=True": {"learning_rate": 0.01, "momentum": 0.9, "weight_decay": 1e-4, "nesterov": True},
    "+ StepLR(10, 0.5)": {"learning_rate": HALVED, "momentum": 0.9, "weight_decay": 1e-4, "nesterov": True},
}


def initial():
    """The stateful script's first weights, its sample and the unseen one."""
    torch.manual_seed(0)
    model = torch.nn.Linear(10, 1)
    params = {"weight": model.weight.detach().numpy(), "bias": model.bias.detach().numpy()}
    inputs, targets, unseen_inputs, unseen_targets = (torch.randn(1, size).numpy() for size in (10, 1, 10, 1))
    return params, (inputs, targets), (unseen_inputs, unseen_targets)


def loss_fn(params, batch):
    inputs, targets = batch
    outputs = inputs @ params["weight"].T + params["bias"]
    return jnp.mean((outputs - targets) ** 2)


def train(options, epochs):
    """The loss of every epoch, the loss on a sample never trained on, and the last learning rate."""
    params, sample, unseen = initial()
    optimizer = sgd(**options)
    step = make_train_step(loss_fn, optimizer)
    state = TrainState.create(params, optimizer)

    losses = []
    for _ in range(epochs):
        state, metrics = step(state, sample)
        losses.append(metrics.loss.item())

    # A schedule is a function of the number of updates; there is no scheduler to step, and none to step too early.
    schedule = options["learning_rate"]
    lr = float(schedule(state.step)) if callable(schedule) else schedule
    return losses, loss_fn(state.params, unseen).item(), lr


def decay(optimizer):
    """A weight of 1 whose gradient is 0, after each of three updates."""
    weight = jnp.ones(1)
    opt_state = optimizer.init(weight)
    weights = []
    for _ in range(3):
        updates, opt_state = optimizer.update(jnp.zeros(1), opt_state, weight)
        weight = optax.apply_updates(weight, updates)
        weights.append(weight.item())
    return weights


def main(steps=100):
    shown = [epoch for epoch in SHOWN if epoch <= steps]
    metrics = {}
    print(f"{'loss at epoch':20}" + "".join(f"{epoch:10d}" for epoch in shown) + "    unseen   last lr")
    for name, options in OPTIONS.items():
        losses, unseen, lr = train(options, steps)
        metrics[name] = losses[-1]
        print(f"{name:20}" + "".join(f"{losses[epoch - 1]:10.5f}" for epoch in shown) + f"{unseen:10.5f}{lr:10.2g}")

    print(f"\n{'weight decay 0.5':20}" + "".join(f"{step:10d}" for step in (1, 2, 3)))
    for name, optimizer in (
        (".grad 0", sgd(0.1, weight_decay=0.5)),
        (".grad 0, momentum", sgd(0.1, momentum=0.9, weight_decay=0.5)),
        (".grad None", optax.set_to_zero()),  # what PyTorch's optimizers do to such a parameter
    ):
        print(f"{name:20}" + "".join(f"{weight:10.4f}" for weight in decay(optimizer)))
    return metrics


if __name__ == "__main__":
    main()
