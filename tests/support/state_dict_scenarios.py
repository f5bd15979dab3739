"""Scenarios of saving and loading: what modules and optimizers let others hang on, and override."""

from collections import OrderedDict

from scenarios import error, warned


def model_of(torch):
    return torch.nn.Sequential(OrderedDict(a=torch.nn.Linear(2, 2), b=torch.nn.BatchNorm1d(2)))


def hooks_of_modules(torch):
    seen = []
    model = model_of(torch)
    handles = [
        model.register_state_dict_pre_hook(
            lambda m, prefix, keep: seen.append(["pre", type(m).__name__, prefix, keep])
        ),
        model.a.register_state_dict_post_hook(
            lambda m, d, prefix, meta: seen.append(["post", prefix, sorted(d), meta])
        ),
        model._register_state_dict_hook(lambda m, d, prefix, meta: OrderedDict(list(d.items())[:2])),
        model.b._register_load_state_dict_pre_hook(lambda d, prefix, *rest: seen.append(["load", prefix, sorted(d)])),
        model.register_load_state_dict_pre_hook(lambda m, d, prefix, *rest: d.update(extra=torch.ones(1))),
        model.register_load_state_dict_post_hook(lambda m, keys: keys.unexpected_keys.clear()),
    ]
    saved = model.state_dict(keep_vars=True)
    found = error(model.load_state_dict, saved)
    shown = [sorted(saved), found, repr(model.load_state_dict(saved, strict=False)), list(seen)]
    for handle in handles:
        handle.remove()
    model.register_state_dict_post_hook(lambda m, d, prefix, meta: d)
    return [*shown, error(model.state_dict)]


def extra_state(torch):
    class Counter(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.count = 3

        def get_extra_state(self):
            return {"count": self.count}

        def set_extra_state(self, state):
            self.count = state["count"] + 1

    model, other = torch.nn.ModuleList([Counter(), torch.nn.Linear(1, 1)]), torch.nn.ModuleList([torch.nn.Linear(1, 1)])
    saved = model.state_dict()
    model.load_state_dict(saved)
    missing = {name: value for name, value in saved.items() if "extra" not in name}
    return [
        *(sorted(saved), model[0].count, error(model.load_state_dict, missing), error(other.load_state_dict, saved)),
        *(error(other.get_extra_state), error(other.set_extra_state, 1)),
    ]


def overridden_entries(torch):
    class Renamed(torch.nn.Linear):
        def _save_to_state_dict(self, destination, prefix, keep_vars):
            destination[prefix + "kernel"] = self.weight.detach().t()

        def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict, missing, unexpected, errors):
            state_dict[prefix + "weight"] = state_dict.pop(prefix + "kernel").t() * 2
            state_dict[prefix + "bias"] = torch.zeros(2)
            super()._load_from_state_dict(state_dict, prefix, local_metadata, strict, missing, unexpected, errors)

    torch.manual_seed(0)
    model = torch.nn.Sequential(Renamed(3, 2))
    saved = model.state_dict()
    model.load_state_dict(saved)
    return [sorted(saved), list(saved["0.kernel"].shape), model[0].weight.tolist(), model[0].bias.tolist()]


def what_does_not_fit(torch):
    model, saved = model_of(torch), model_of(torch).state_dict()
    wrong = OrderedDict((name, value) for name, value in saved.items() if name != "a.bias")
    wrong["a.weight"], wrong["c.weight"], wrong["a.more"], wrong["top"] = torch.ones(3), torch.ones(1), 1, 2
    of_old = {name: value for name, value in saved.items() if "tracked" not in name}
    number = torch.nn.Module()
    number.register_buffer("x", torch.tensor(1.0))
    number.load_state_dict({"x": torch.tensor([5.0])})
    lazy = torch.nn.LazyLinear(2)
    return [
        *(error(model.load_state_dict, wrong), error(model.load_state_dict, wrong, strict=False)),
        *(repr(model.load_state_dict(of_old)), number.x.item(), model.b._version, saved._metadata["b"]),
        *(error(model.load_state_dict, {"a.weight": 3.0}), sorted(model.a.state_dict(OrderedDict(), "p."))),
        *(
            warned(model.a.state_dict, OrderedDict(), "p."),
            repr(lazy.load_state_dict(torch.nn.Linear(3, 2).state_dict())),
        ),
        list(lazy.weight.shape),
    ]


def apply_to_tensors(torch):
    class Positions(torch.nn.Linear):
        def _apply(self, fn, recurse=True):
            super()._apply(fn, recurse)
            self.more = fn(self.more)
            return self

    layer = Positions(2, 2)
    layer.more = torch.ones(1)
    model = torch.nn.Sequential(layer, torch.nn.BatchNorm1d(2))
    model(torch.ones(3, 2)).sum().backward()
    weight, buffer = layer.weight, model[1].running_mean
    model.double()
    kinds = [str(x.dtype) for x in (layer.more, weight, weight.grad, buffer, model[1].running_mean)]
    return [kinds, layer.weight is weight, str(model[1].num_batches_tracked.dtype), model.to("cpu") is model]


def submodules(torch):
    model = model_of(torch)
    model.set_submodule("a", torch.nn.Identity())
    model.set_submodule("b.inner", torch.nn.ReLU())
    return [
        repr(model),
        error(model.set_submodule, "", torch.nn.ReLU()),
        error(model.set_submodule, "a", 3),
        error(model.set_submodule, "a.new", torch.nn.ReLU(), strict=True),
        error(model.set_submodule, "nowhere.new", torch.nn.ReLU()),
        error(model.set_submodule, "b.weight", torch.nn.ReLU()),
    ]


def hooks_of_optimizers(torch):
    seen = []
    w = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([w], lr=0.5, momentum=0.5)
    optimizer.register_state_dict_pre_hook(lambda o: seen.append(["pre", type(o).__name__]))
    optimizer.register_state_dict_post_hook(lambda o, d: seen.append(["post", sorted(d)]))
    optimizer.register_state_dict_post_hook(lambda o, d: {**d, "more": 1}, prepend=True)
    optimizer.register_load_state_dict_pre_hook(
        lambda o, d: {**d, "param_groups": [{**d["param_groups"][0], "lr": 0.25}]}
    )
    optimizer.register_load_state_dict_post_hook(lambda o: seen.append(["loaded", o.param_groups[0]["lr"]]))
    saved = optimizer.state_dict()
    optimizer.load_state_dict(saved)
    return [sorted(saved), seen, optimizer.param_groups[0]["lr"]]


def state_of_optimizers(torch):
    """An optimizer of one's own keeps state for all parameters together, and containers for each."""

    class Counting(torch.optim.Optimizer):
        def step(self):
            self.state["all"] = self.state.get("all", torch.tensor([0])) + 1
            for p in self.param_groups[0]["params"]:
                self.state[p].update(step=self.state[p].get("step", 0) + 1, history=[p.detach() * 2], pair=(3, [p]))

    one, two = (torch.ones(2, dtype=dtype, requires_grad=True) for dtype in (torch.float32, torch.float64))
    optimizer, other = Counting([one], {"lr": 1.0}), Counting([two], {"lr": 1.0})
    optimizer.step()
    saved = optimizer.state_dict()
    optimizer.step()
    other.load_state_dict(saved)
    loaded = other.state[two]
    other.load_state_dict({**saved, "state": {7: "of nobody"}})
    optimizer.state[torch.ones(1)] = 3
    return [
        *(repr(list(saved["state"])), saved["state"][0]["step"], saved["state"]["all"].tolist()),
        *(
            str(loaded["history"][0].dtype),
            str(loaded["pair"][1][0].dtype),
            loaded["history"] is saved["state"][0]["history"],
        ),
        *(repr(dict(other.state)), error(optimizer.state_dict)[0]),
    ]


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        *(hooks_of_modules, extra_state, overridden_entries, what_does_not_fit, apply_to_tensors, submodules),
        *(hooks_of_optimizers, state_of_optimizers),
    )
}
