"""What the optimizers compute, items 87 to 100: a step on one number, with the state it leaves."""

from scenarios import error

KINDS = {
    "SGD": {"momentum": 0.9},
    "Adam": {},
    "AdamW": {},
    "RMSprop": {"momentum": 0.5, "centered": True},
    "Adagrad": {},
    "Adadelta": {},
    "Adamax": {},
    "NAdam": {},
    "RAdam": {},
    "ASGD": {},
    "Rprop": {},
    "Adafactor": {},
}
GRADS = (3.0, -1.0, 0.2, 0.0, 1.0, -2.0, 0.5, 0.1)


def leaf(torch, values, grad=None):
    x = torch.tensor(values, requires_grad=True)
    if grad is not None:
        x.grad = torch.tensor(grad)
    return x


def _steps(torch, kind, grads=GRADS, value=1.0, **options):
    """A number under a sequence of gradients, None among them, and its last state."""
    x = leaf(torch, value)
    optimizer = getattr(torch.optim, kind)([x], **options)
    values = []
    for grad in grads:
        x.grad = None if grad is None else torch.tensor(grad)
        optimizer.step()
        values.append(x.item())
    return [values, {name: entry.tolist() for name, entry in optimizer.state[x].items()}]


def _beside_a_parameter_without_gradient(torch, kind, options):
    x, y = leaf(torch, [1.0, 2.0], [0.5, 0.5]), leaf(torch, [3.0])
    optimizer = getattr(torch.optim, kind)([x, y], **options)
    for _ in range(3):
        optimizer.step()
    return [y.tolist(), {name: entry.tolist() for name, entry in optimizer.state.get(y, {}).items()}]


def item_087_no_gradient_and_a_zero_gradient(torch):
    """A parameter whose gradient is None is skipped whole; a gradient of zeros is a step like any other."""
    return {
        "none": {kind: _beside_a_parameter_without_gradient(torch, kind, options) for kind, options in KINDS.items()},
        "decays": _steps(torch, "SGD", [0.0, None], value=0.75, lr=0.1, weight_decay=0.5),
        "coasts": _steps(torch, "SGD", [2.0, 0.0, None], lr=0.1, momentum=0.9),
        "goes on": _steps(torch, "Adam", [1.0, 0.0, None], lr=0.1),
    }


def item_088_sgd(torch):
    """SGD: the first momentum is the gradient, undampened; without momentum there is no state."""
    return {
        "plain": _steps(torch, "SGD"),
        "dampened": _steps(torch, "SGD", lr=0.1, momentum=0.9, dampening=0.5, weight_decay=0.1),
        "nesterov": _steps(torch, "SGD", lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
        "maximize": _steps(torch, "SGD", lr=0.1, momentum=0.9, maximize=True, weight_decay=0.1),
    }


def item_089_adam(torch):
    """Adam adds eps after the corrected root; AMSGrad takes the maximum of the uncorrected averages."""
    x = leaf(torch, 1.0, 3.0)
    optimizer = torch.optim.Adam([x])
    optimizer.step()
    step = optimizer.state[x]["step"]
    return {
        "eps": _steps(torch, "Adam", [3.0], lr=0.1, eps=1.0),
        "decayed": _steps(torch, "Adam", lr=0.1, weight_decay=0.1),
        "amsgrad": _steps(torch, "Adam", lr=0.1, amsgrad=True),
        "step": [step.item(), str(step.dtype), list(step.shape)],
    }


def item_090_adamw(torch):
    """AdamW shrinks the parameter first, by 0.01 unless told; Adam(decoupled_weight_decay=True) is the same."""
    decoupled = {"weight_decay": 0.01, "decoupled_weight_decay": True}
    return {
        "AdamW": _steps(torch, "AdamW", lr=0.1),
        "Adam": _steps(torch, "Adam", lr=0.1, **decoupled),
        "shrinks": _steps(torch, "AdamW", [0.0], lr=0.1, weight_decay=0.5),
        "defaults": [_default(torch, kind, "weight_decay") for kind in ("Adam", "AdamW")],
    }


def _default(torch, kind, option):
    return getattr(torch.optim, kind)([leaf(torch, [[1.0]])]).param_groups[0][option]


def item_091_rmsprop(torch):
    """RMSprop divides by the root of the average square plus eps, less the squared mean if centred."""
    return [
        _steps(torch, "RMSprop"),
        _steps(torch, "RMSprop", centered=True, eps=0.1),
        _steps(torch, "RMSprop", centered=True, momentum=0.9),
    ]


def item_092_adagrad(torch):
    """Adagrad divides by the root of the sum of squares, and has its state from the start."""
    optimizer = torch.optim.Adagrad([leaf(torch, [1.0, 2.0])], initial_accumulator_value=0.5)
    state = optimizer.state_dict()["state"][0]
    return [
        {name: entry.tolist() for name, entry in state.items()},
        _steps(torch, "Adagrad", lr=0.1, lr_decay=0.5),
        _default(torch, "Adagrad", "eps"),
    ]


def item_093_adadelta(torch):
    """Adadelta has eps inside both roots, and a learning rate of 1."""
    return [_steps(torch, "Adadelta"), _steps(torch, "Adadelta", eps=0.5), _default(torch, "Adadelta", "lr")]


def item_094_nadam(torch):
    """NAdam looks ahead with a momentum that warms up, and keeps the product of the momenta."""
    return [_steps(torch, "NAdam"), _steps(torch, "NAdam", lr=0.1, eps=0.5), _default(torch, "NAdam", "lr")]


def item_095_radam(torch):
    """RAdam takes plain momentum steps until the variance can be trusted: five steps at the default."""
    return [_steps(torch, "RAdam", lr=0.1), _steps(torch, "RAdam", lr=0.1, eps=0.5)]


def item_096_adamax(torch):
    """Adamax adds eps to the gradient inside the maximum."""
    return [_steps(torch, "Adamax"), _steps(torch, "Adamax", lr=0.1, eps=0.5), _default(torch, "Adamax", "lr")]


def item_097_asgd(torch):
    """ASGD decays, steps, and averages the parameter from step t0 on."""
    return [_steps(torch, "ASGD"), _steps(torch, "ASGD", lr=0.1, lambd=0.5, t0=1)]


def item_098_rprop(torch):
    """Rprop grows and shrinks a step by the signs; after a change of sign the gradient counts as zero."""
    return {
        "signs": [_steps(torch, "Rprop", [1.0, 2.0, -1.0, -1.0, 1.0][:k]) for k in range(1, 6)],
        "largest": _steps(torch, "Rprop", [1.0] * 3, lr=40.0),
        "smallest": _steps(torch, "Rprop", [1.0, -1.0], lr=1.5e-6),
    }


def item_099_lbfgs(torch):
    """LBFGS has one group, needs a closure, and returns the first loss."""
    x = leaf(torch, [2.0, -1.0])
    optimizer = torch.optim.LBFGS([x], max_iter=4)
    losses = []

    def closure():
        optimizer.zero_grad()
        loss = ((x - 1) ** 2).sum() + x[0] * x[1]
        loss.backward()
        losses.append(loss.item())
        return loss

    first = optimizer.step(closure)
    return {
        "loss": [first.item(), losses, x.tolist()],
        "defaults": {name: value for name, value in torch.optim.LBFGS([x]).param_groups[0].items() if name != "params"},
        "repr": repr(torch.optim.LBFGS([x])),
        "no closure": error(optimizer.step),
        "two groups": error(torch.optim.LBFGS, [{"params": [x]}, {"params": [leaf(torch, 1.0)]}]),
    }


def item_100_default_learning_rates(torch):
    """Default learning rates: 0.001 for SGD and the Adams, 0.01 for RMSprop, Adagrad, ASGD and Rprop."""
    return {kind: _default(torch, kind, "lr") for kind in [*KINDS, "LBFGS", "Muon"]}
