"""Small stateful steps: a table of models, optimizers and orders of the loop."""

import numpy as np

import funcgrad.torch as torch

nn = torch.nn
STEPS = 4
X = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
Y = np.random.default_rng(1).normal(size=(6, 1)).astype(np.float32)


class Counting(nn.Module):
    """A model with a buffer that every call changes."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(3, 1)
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))

    def forward(self, x):
        self.calls += 1
        return self.inner(x)


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(3, 3), nn.Linear(3, 1)
        self.second = self.first

    def forward(self, x):
        return self.last(self.second(torch.tanh(self.first(x))))


MODELS = {
    "linear": lambda: nn.Linear(3, 1),
    "mlp": lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1)),
    "buffer": Counting,
    "tied": Tied,
}
OPTIMIZERS = {
    "sgd": lambda ps: torch.optim.SGD(ps, lr=0.1),
    "momentum": lambda ps: torch.optim.SGD(ps, lr=0.1, momentum=0.9, weight_decay=0.01, nesterov=True),
    "adam": lambda ps: torch.optim.Adam(ps, lr=0.01),
}


def zero_first(optimizer, loss_of):
    optimizer.zero_grad()
    loss_of().backward()
    optimizer.step()


def zero_last(optimizer, loss_of):
    loss_of().backward()
    optimizer.step()
    optimizer.zero_grad()


def never_zero(optimizer, loss_of):
    loss_of().backward()
    optimizer.step()


def zeros(optimizer, loss_of):
    loss_of().backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=False)


ORDERS = {f.__name__: f for f in (zero_first, zero_last, never_zero, zeros)}


def build(model, optimizer="sgd", order="zero_first"):
    """A model and its optimizer (a name, or a function of the parameters), and a step that returns the loss."""
    torch.manual_seed(0)
    module = MODELS[model]()
    held = OPTIMIZERS.get(optimizer, optimizer)(list(module.parameters()))

    def step(x, y):
        losses = []

        def loss_of():
            losses.append(nn.functional.mse_loss(module(x), y))
            return losses[0]

        ORDERS[order](held, loss_of)
        return losses[0]

    return {"model": module, "optimizer": held}, step


def stateful_losses(step, steps=STEPS):
    return [step(torch.tensor(X), torch.tensor(Y)).item() for _ in range(steps)]
