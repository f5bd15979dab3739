"""Parameters, modules and state dicts, items 79 to 86."""

from graph_facts import place
from scenarios import error, warned


def _filled(torch, module):
    """The module with the parameters 0.5, 0.75, ... in turn, each a constant."""
    with torch.no_grad():
        for k, parameter in enumerate(module.parameters()):
            parameter.fill_(0.5 + 0.25 * k)
    return module


def item_079_a_tied_parameter(torch):
    """A tied parameter is listed once under its first name, twice in the state dict; its gradient sums its uses."""
    model = _filled(torch, torch.nn.Sequential(torch.nn.Linear(2, 2, bias=False), torch.nn.Linear(2, 2, bias=False)))
    model[1].weight = model[0].weight
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(torch.tensor([[1.0, 2.0]])).sum().backward()
    state = model.state_dict()
    return [
        [name for name, _ in model.named_parameters()],
        [name for name, _ in model.named_parameters(remove_duplicate=False)],
        len(list(model.parameters())),
        list(state),
        state["0.weight"].data_ptr() == state["1.weight"].data_ptr(),
        len(optimizer.param_groups[0]["params"]),
        model[0].weight is model[1].weight,
        model[0].weight.grad.tolist(),
        warned(torch.optim.SGD, [model[0].weight, model[1].weight], lr=0.1),
    ]


def item_080_what_is_registered(torch):
    """Plain tensors and lists are not registered; parameters, buffers, ModuleList and ParameterList are."""
    nn = torch.nn

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.plain = torch.ones(1, requires_grad=True)
            self.listed = [nn.Linear(1, 1)]
            self.weight = nn.Parameter(torch.ones(1))
            self.nothing = None
            self.register_parameter("absent", None)
            self.layers = nn.ModuleList([nn.Linear(1, 1)])
            self.scales = nn.ParameterList([torch.ones(1)])
            self.register_buffer("kept", torch.zeros(1))
            self.register_buffer("passing", torch.zeros(1), persistent=False)
            self.register_buffer("missing", None)

    model = Model()
    shown = [
        [name for name, _ in model.named_parameters()],
        [name for name, _ in model.named_buffers()],
        [name for name, _ in model.named_children()],
        list(model.state_dict()),
        type(model.scales[0]).__name__,
    ]
    model.kept = torch.ones(1)
    model.weight = None
    return [shown, model.kept.tolist(), [name for name, _ in model.named_parameters()], list(model.state_dict())]


def item_081_messages(torch):
    """What an attribute of a module cannot be, or is not; without `__init__` nothing can be assigned."""
    nn = torch.nn

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.ones(2))
            self.register_buffer("b", torch.ones(1))
            self.child = nn.Identity()

    class Early(nn.Module):
        def __init__(self, value):
            self.value = value

    m = M()
    return [
        error(setattr, m, "w", torch.ones(2)),
        error(setattr, m, "w", 3.0),
        error(setattr, m, "w", torch.ones(2, dtype=torch.float64)),
        error(setattr, m, "b", "text"),
        error(setattr, m, "child", 3),
        error(lambda: m.missing),
        error(delattr, m, "missing"),
        [error(Early, value) for value in (nn.Linear(1, 1), nn.Parameter(torch.ones(1)), torch.ones(1))],
        error(m.register_parameter, "w2", torch.ones(1)),
        error(m.register_parameter, "w", None),
        error(m.register_parameter, "a.b", None),
        error(m.register_parameter, "", None),
        error(m.register_buffer, "a.b", None),
        error(m.add_module, "a.b", None),
        error(m.register_buffer, "b", torch.ones(1)),
        error(m.register_buffer, "text", "text"),
        error(m.add_module, "text", "text"),
        error(nn.Module(), torch.ones(1)),
        [error(get, "child.other") for get in (m.get_parameter, m.get_buffer, m.get_submodule)],
        [error(m.get_parameter, "b"), error(m.get_buffer, "w"), error(m.get_submodule, "b"), m.get_buffer("b") is m.b],
    ]


def item_081_apply_visits_children_first(torch):
    """`apply` visits the children before the module itself, and returns the module."""
    nn, seen = torch.nn, []
    model = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU(), nn.Tanh()))
    same = model.apply(lambda module: seen.append(type(module).__name__)) is model
    return [seen, same]


def item_082_a_state_dict_is_live(torch):
    """The values of a state dict alias the live parameters and require no grad; BatchNorm adds its statistics."""
    model = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.BatchNorm1d(1))
    state = model.state_dict()
    with torch.no_grad():
        model[0].weight.fill_(7.0)
    state["0.bias"].fill_(3.0)
    kept = model.state_dict(keep_vars=True)
    return [
        type(state).__name__,
        {name: [str(x.dtype), list(x.shape), place(x)] for name, x in state.items()},
        [state["0.weight"].tolist(), model[0].bias.tolist(), model[0].bias._version],
        [kept["0.weight"] is model[0].weight, state["0.weight"] is model[0].weight],
        list(model.state_dict(prefix="model.")),
        state._metadata,
    ]


def item_083_loading_copies_in_place(torch):
    """`load_state_dict` copies into the parameters, which stay the same objects, and casts to their dtype."""
    model = torch.nn.Linear(2, 1)
    weight, version = model.weight, model.weight._version
    given = {"weight": torch.tensor([[1.0, 2.0]], dtype=torch.float64), "bias": torch.tensor([3.0])}
    answer = model.load_state_dict(given)
    given["bias"].fill_(9.0)
    shown = [model.weight is weight, weight._version - version, repr(weight), model.bias.tolist()]
    assigned = model.load_state_dict({"weight": torch.ones(1, 2), "bias": torch.ones(1)}, assign=True)
    return [repr(answer), type(answer).__name__, shown, repr(assigned), model.weight is weight, place(model.weight)]


def item_083_what_does_not_fit(torch):
    """What is missing, unexpected or of another shape is one error; `strict=False` returns the names instead."""
    nn = torch.nn
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    state = dict(model.state_dict())
    renamed = {"extra": state["0.bias"], **{name: x for name, x in state.items() if name != "0.bias"}}
    resized = {**state, "0.weight": torch.ones(3, 2), "1.running_mean": torch.ones(3)}
    everything = {**renamed, "0.weight": torch.ones(3, 2), "other": torch.ones(1)}
    loose = model.load_state_dict(renamed, strict=False)
    return [
        error(model.load_state_dict, renamed),
        error(model.load_state_dict, resized),
        error(model.load_state_dict, everything),
        error(model.load_state_dict, everything, strict=False),
        [repr(loose), list(loose.missing_keys), list(loose.unexpected_keys)],
        error(nn.Linear(2, 2).load_state_dict, {}),
        error(model.load_state_dict, [1.0]),
        error(model.load_state_dict, {**state, "0.bias": 3.0}),
    ]


def item_084_a_parameter_that_took_no_part(torch):
    """A parameter that took no part keeps grad None and is not decayed; one frozen later is still stepped by its grad."""
    shown = []
    for kind in (torch.optim.SGD, torch.optim.AdamW):
        used, unused = (torch.nn.Parameter(torch.tensor([1.0])) for _ in range(2))
        optimizer = kind([used, unused], lr=0.1, weight_decay=0.5)
        (used * 2).sum().backward()
        optimizer.step()
        shown.append([used.tolist(), unused.tolist(), unused.grad is None, len(optimizer.state[unused])])
    w = torch.nn.Parameter(torch.tensor([1.0]))
    optimizer = torch.optim.SGD([w], lr=0.1)
    (w * 2).sum().backward()
    w.requires_grad_(False)
    optimizer.step()
    return [shown, w.tolist(), w.grad.tolist()]


def item_085_batch_statistics(torch):
    """BatchNorm's running statistics move in training even under no_grad, with the unbiased variance; eval uses them."""
    norm, x = torch.nn.BatchNorm1d(2), torch.tensor([[1.0, 2.0], [3.0, 6.0], [8.0, 4.0]])

    def statistics():
        return [norm.running_mean.tolist(), norm.running_var.tolist(), norm.num_batches_tracked.item()]

    shown = [norm(x).tolist(), statistics()]
    with torch.no_grad():
        norm(x)
    shown.append(statistics())
    norm.eval()
    shown += [norm(x).tolist(), statistics()]
    norm.train()
    image = torch.nn.BatchNorm2d(1)
    return [shown, error(norm, torch.ones(1, 2)), error(image, torch.ones(1, 1, 1, 1)), error(norm, torch.ones(2))]


def item_086_generator_and_discriminator(torch):
    """`detach()` spares the generator; the generator's loss adds to the discriminator's gradients until it clears them."""
    nn = torch.nn
    generator, discriminator = (_filled(torch, nn.Linear(1, 1)) for _ in range(2))
    of_generator, of_discriminator = (torch.optim.SGD(m.parameters(), lr=0.1) for m in (generator, discriminator))
    noise, shown = torch.tensor([[2.0]]), []

    def grads():
        return [None if m.weight.grad is None else m.weight.grad.item() for m in (generator, discriminator)]

    fake = generator(noise)
    discriminator(fake.detach()).sum().backward()
    shown.append(grads())
    of_discriminator.step()
    of_generator.zero_grad()
    shown.append(grads())
    discriminator(fake).sum().backward()
    shown.append(grads())
    of_generator.step()
    of_generator.zero_grad()
    shown.append(grads())
    of_discriminator.zero_grad()
    return [shown, grads(), generator.weight.item(), discriminator.weight.item()]
