"""`torch.optim.SGD` and its options: learning rate, momentum, weight decay, Nesterov, and a step schedule.

Runs unchanged on PyTorch and on JAX:
    python examples/sgd_options/stateful.py
    funcgrad run examples/sgd_options/stateful.py
"""

import torch
from torch import nn
from torch.optim.lr_scheduler import StepLR

SHOWN = (1, 5, 20, 100)
OPTIONS = {
    "SGD()": {},  # mistake of the post: it calls this lr=0.01; the default is 0.001
    "lr=0.01": {"lr": 0.01},
    "+ momentum=0.9": {"lr": 0.01, "momentum": 0.9},
    "+ weight_decay=1e-4": {"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4},
    "+ nesterov=True": {"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4, "nesterov": True},
    "+ StepLR(10, 0.5)": {"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4, "nesterov": True},
}


def train(options, epochs, scheduled=False):
    """The loss of every epoch, the loss on a sample never trained on, and the last learning rate."""
    torch.manual_seed(0)
    model = nn.Linear(10, 1)
    inputs, targets = torch.randn(1, 10), torch.randn(1, 1)
    unseen_inputs, unseen_targets = torch.randn(1, 10), torch.randn(1, 1)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), **options)
    scheduler = StepLR(optimizer, step_size=10, gamma=0.5) if scheduled else None

    losses = []
    for _ in range(epochs):
        outputs = model(inputs)
        loss = criterion(outputs, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if scheduler:
            scheduler.step()  # after optimizer.step(), once an epoch
        losses.append(loss.item())

    # Mistake of the post: it trains on one sample, whose loss reaches 0 and says nothing about any other.
    unseen = criterion(model(unseen_inputs), unseen_targets).item()
    return losses, unseen, optimizer.param_groups[0]["lr"]


def decay(grad, momentum):
    """A weight of 1 under weight decay alone, after each of three steps."""
    weight = nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([weight], lr=0.1, momentum=momentum, weight_decay=0.5)
    weights = []
    for _ in range(3):
        weight.grad = grad
        optimizer.step()
        weights.append(weight.item())
    return weights


def main(steps=100):
    shown = [epoch for epoch in SHOWN if epoch <= steps]
    metrics = {}
    print(f"{'loss at epoch':20}" + "".join(f"{epoch:10d}" for epoch in shown) + "    unseen   last lr")
    for name, options in OPTIONS.items():
        losses, unseen, lr = train(options, steps, scheduled="StepLR" in name)
        metrics[name] = losses[-1]
        print(f"{name:20}" + "".join(f"{losses[epoch - 1]:10.5f}" for epoch in shown) + f"{unseen:10.5f}{lr:10.2g}")

    # Mistake of the post: "L2 regularisation" is not all. Decay is added to the gradient before the momentum: it enters
    # the buffer, and it moves a weight that the loss does not depend on, but not one whose .grad is None.
    print(f"\n{'weight decay 0.5':20}" + "".join(f"{step:10d}" for step in (1, 2, 3)))
    for name, grad, momentum in (
        (".grad 0", torch.zeros(1), 0.0),
        (".grad 0, momentum", torch.zeros(1), 0.9),
        (".grad None", None, 0.0),
    ):
        print(f"{name:20}" + "".join(f"{weight:10.4f}" for weight in decay(grad, momentum)))
    return metrics


if __name__ == "__main__":
    main()
