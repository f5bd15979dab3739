"""Scenarios of torch.nn.utils: weights that are computed from other tensors, in both of PyTorch's forms."""

import copy

from scenarios import error, scenarios_in, warned


def trained(torch, model, x, steps=3):
    """Losses and weights of a few steps, and what the module shows."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = model(x).square().sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    shapes = {name: list(value.shape) for name, value in model.state_dict().items()}
    return [losses, model(x).tolist(), repr(model), shapes, [name for name, _ in model.named_parameters()]]


def setting(torch, make, shape):
    """A module and an input in float64, for steps amplify rounding."""
    torch.manual_seed(1)
    return make(torch.nn).double(), torch.randn(shape).double()


def both(torch, name, make, shape, **options):
    """The parametrization and, where there is one, the hook of the same name."""
    model, x = setting(torch, make, shape)
    made = [trained(torch, getattr(torch.nn.utils.parametrizations, name)(model, **options), x)]
    if hasattr(torch.nn.utils, name):
        model, x = setting(torch, make, shape)
        made.append(trained(torch, getattr(torch.nn.utils, name)(model, **options), x))
    return made


def weight_norm(torch):
    return [
        both(torch, "weight_norm", lambda nn: nn.Linear(3, 2), (4, 3)),
        both(torch, "weight_norm", lambda nn: nn.Linear(3, 2), (4, 3), dim=None),
        both(torch, "weight_norm", lambda nn: nn.Conv1d(2, 3, 2), (2, 2, 5), dim=1),
        both(torch, "weight_norm", lambda nn: nn.Conv2d(2, 3, 2), (2, 2, 4, 4)),
    ]


def spectral_norm(torch):
    return [
        both(torch, "spectral_norm", lambda nn: nn.Linear(3, 5), (4, 3)),
        both(torch, "spectral_norm", lambda nn: nn.Conv2d(2, 3, 2), (2, 2, 4, 4), n_power_iterations=2),
        both(torch, "spectral_norm", lambda nn: nn.ConvTranspose1d(2, 3, 2), (2, 2, 4)),
    ]


def orthogonal(torch):
    def linear(*sizes):
        return lambda nn: nn.Linear(*sizes)

    made = [both(torch, "orthogonal", linear(3, 3), (4, 3), orthogonal_map=name) for name in (None, "cayley")]
    made += [both(torch, "orthogonal", linear(*s), (2, s[0]), use_trivialization=False) for s in ((3, 5), (5, 3))]
    return [*made, both(torch, "orthogonal", linear(3, 5), (2, 3))]


CLOSE = {f.__name__: f for f in (weight_norm, spectral_norm, orthogonal)}


def symmetric(torch):
    class Symmetric(torch.nn.Module):
        def forward(self, x):
            return x.triu() + x.triu(1).transpose(-1, -2)

    return Symmetric()


def item_breadth_a_parametrization_of_ones_own(torch):
    model, x = setting(torch, lambda nn: nn.Linear(3, 3), (2, 3))
    P = torch.nn.utils.parametrize
    before = model.weight
    made = P.register_parametrization(model, "weight", symmetric(torch))
    shown = [
        made is model,
        repr(model),
        type(model).__name__,
        P.is_parametrized(model),
        P.is_parametrized(model, "bias"),
    ]
    shown += [model.parametrizations.weight.original is before, P.type_before_parametrizations(model).__name__]
    shown += [model.weight is model.weight, model.weight.tolist(), trained(torch, model, x)]
    with P.cached():
        shown.append(model.weight is model.weight)
    twin = copy.deepcopy(model)
    shown += [twin(x).tolist() == model(x).tolist(), type(twin).__name__]
    P.remove_parametrizations(model, "weight")
    return [*shown, repr(model), type(model).__name__, model.weight is before, model.weight.tolist()]


def item_breadth_two_parametrizations(torch):
    model, _ = setting(torch, lambda nn: nn.Linear(3, 3), (2, 3))
    P = torch.nn.utils.parametrize
    P.register_parametrization(model, "weight", symmetric(torch))
    P.register_parametrization(model, "weight", symmetric(torch))
    shown = [repr(model), model.weight.tolist()]
    P.remove_parametrizations(model, "weight", leave_parametrized=False)
    return [*shown, model.weight.tolist()]


def item_breadth_assignment(torch):
    model, _ = setting(torch, lambda nn: nn.Linear(2, 2), (2, 3))
    torch.nn.utils.parametrizations.weight_norm(model)
    model.weight = torch.tensor([[3.0, 4.0], [0.0, 2.0]], dtype=torch.float64)
    return [value.tolist() for value in model.state_dict().values()][1:]


def item_breadth_what_is_refused(torch):
    linear, P, utils = torch.nn.Linear(3, 2), torch.nn.utils.parametrize, torch.nn.utils
    weighted = utils.weight_norm(torch.nn.Linear(3, 2))
    spectral = utils.spectral_norm(torch.nn.Linear(3, 2))
    parametrized = utils.parametrizations.weight_norm(torch.nn.Linear(3, 2))
    return {
        "name": error(P.register_parametrization, linear, "w", symmetric(torch)),
        "shape": error(P.register_parametrization, linear, "weight", torch.nn.Flatten(0)),
        "not there": error(P.remove_parametrizations, linear, "weight"),
        "several": error(P.remove_parametrizations, parametrized, "weight", leave_parametrized=False),
        "twice": [error(utils.weight_norm, weighted), error(utils.spectral_norm, spectral)],
        "remove": [error(utils.remove_weight_norm, linear), error(utils.remove_spectral_norm, linear)],
        "iterations": error(utils.spectral_norm, linear, n_power_iterations=0),
        "map": error(utils.parametrizations.orthogonal, linear, orthogonal_map="qr"),
        "vector": error(utils.parametrizations.orthogonal, linear, "bias"),
        "tensor": error(utils.parametrizations.spectral_norm, linear, "w"),
        "assign": error(setattr, utils.parametrizations.orthogonal(linear), "weight", torch.ones(3, 3)),
    }


def item_breadth_old_form(torch):
    model, x = setting(torch, lambda nn: nn.Linear(3, 2), (4, 3))
    said = warned(torch.nn.utils.weight_norm, model)
    model(x).sum().backward()
    shown = [said, model.weight_g.grad.tolist(), model.weight_v.grad.tolist()]
    torch.nn.utils.remove_weight_norm(model)
    shown += [model(x).tolist(), sorted(model.state_dict())]
    spectral = torch.nn.utils.spectral_norm(model)
    spectral(x)
    torch.nn.utils.remove_spectral_norm(spectral)
    return [*shown, spectral(x).tolist(), sorted(spectral.state_dict())]


SCENARIOS = scenarios_in(globals()) | CLOSE
