"""What optimizers show, items 87 to 106."""

import contextlib
import copy
import io

from scenarios import error, scenarios_in, warned

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


def _leaf(torch, values, grad=None):
    x = torch.tensor(values, requires_grad=True)
    if grad is not None:
        x.grad = torch.tensor(grad)
    return x


def _steps(torch, kind, grads, value=1.0, **options):
    """A number under a sequence of gradients, None among them, and its last state."""
    x = _leaf(torch, value)
    optimizer = getattr(torch.optim, kind)([x], **options)
    values = []
    for grad in grads:
        x.grad = None if grad is None else torch.tensor(grad)
        optimizer.step()
        values.append(x.item())
    return [values, {name: entry.tolist() for name, entry in optimizer.state[x].items()}]


def _shown(optimizer):
    """A state dict as plain data, with the dtypes of tensors."""

    def plain(x):
        if isinstance(x, dict):
            return {str(key): plain(value) for key, value in x.items()}
        if isinstance(x, list | tuple):
            return [plain(item) for item in x]
        return [str(x.dtype), list(x.shape), x.tolist()] if hasattr(x, "dtype") else x

    return plain(optimizer.state_dict())


def item_087_a_parameter_without_gradient_is_skipped(torch):
    shown = {}
    for kind, options in KINDS.items():
        x, y = _leaf(torch, [1.0, 2.0], [0.5, 0.5]), _leaf(torch, [3.0])
        optimizer = getattr(torch.optim, kind)([x, y], **options)
        for _ in range(3):
            optimizer.step()
        shown[kind] = [y.tolist(), len(optimizer.state.get(y, {})) > 0 and kind != "Adagrad"]
    return shown


def item_087_a_zero_gradient_is_a_real_step(torch):
    return [
        _steps(torch, "SGD", [0.5, 0.0, None], lr=0.1, weight_decay=0.5),
        _steps(torch, "SGD", [2.0, 0.0, None], lr=0.1, momentum=0.9),
        _steps(torch, "Adam", [1.0, 0.0, None], lr=0.1),
    ]


def item_088_sgd(torch):
    grads = [1.0, -2.0, 0.5, 3.0]
    return [
        _steps(torch, "SGD", grads),
        _steps(torch, "SGD", grads, lr=0.1, momentum=0.9, dampening=0.5, weight_decay=0.1),
        _steps(torch, "SGD", grads, lr=0.1, momentum=0.9, nesterov=True, maximize=True),
    ]


def item_089_adam_adds_eps_after_the_corrected_root(torch):
    return [
        _steps(torch, "Adam", [3.0], lr=0.1, eps=1.0),
        _steps(torch, "Adam", [3.0, -1.0, 0.2], lr=0.1, amsgrad=True, weight_decay=0.1),
    ]


def item_090_adamw_shrinks_first(torch):
    grads = [3.0, -1.0, 0.2]
    return [
        _steps(torch, "AdamW", grads, lr=0.1),
        _steps(torch, "Adam", grads, lr=0.1, weight_decay=0.01, decoupled_weight_decay=True),
    ]


def item_091_rmsprop(torch):
    grads = [3.0, -1.0, 0.2]
    return [_steps(torch, "RMSprop", grads), _steps(torch, "RMSprop", grads, centered=True, momentum=0.9)]


def item_092_adagrad_has_state_from_the_start(torch):
    x = _leaf(torch, [1.0, 2.0])
    optimizer = torch.optim.Adagrad([x], initial_accumulator_value=0.5)
    return [_shown(optimizer), _steps(torch, "Adagrad", [3.0, -1.0], lr=0.1, lr_decay=0.5)]


def item_093_adadelta(torch):
    return _steps(torch, "Adadelta", [3.0, -1.0, 0.2])


def item_094_nadam(torch):
    return _steps(torch, "NAdam", [3.0, -1.0, 0.2])


def item_095_radam_is_plain_for_five_steps(torch):
    return _steps(torch, "RAdam", [1.0, -0.5, 2.0, 0.1, 1.0, 1.0, 1.0], lr=0.1)


def item_096_adamax_adds_eps_inside_the_maximum(torch):
    return _steps(torch, "Adamax", [3.0, 0.0, -1.0], lr=0.1, eps=0.5)


def item_097_asgd(torch):
    return [_steps(torch, "ASGD", [3.0, -1.0, 0.2]), _steps(torch, "ASGD", [3.0, -1.0, 0.2, 1.0], lr=0.1, t0=1)]


def item_098_rprop(torch):
    return _steps(torch, "Rprop", [1.0, 2.0, -1.0, -1.0, 1.0])


def item_099_lbfgs(torch):
    x = _leaf(torch, [2.0, -1.0])
    optimizer = torch.optim.LBFGS([x], max_iter=4)
    losses = []

    def closure():
        optimizer.zero_grad()
        loss = ((x - 1) ** 2).sum() + x[0] * x[1]
        loss.backward()
        losses.append(loss.item())
        return loss

    first = optimizer.step(closure)
    return [
        first.item(),
        losses,
        x.tolist(),
        repr(torch.optim.LBFGS([x])),
        error(optimizer.step),
        error(torch.optim.LBFGS, [{"params": [x]}, {"params": [_leaf(torch, 1.0)]}]),
    ]


def item_100_default_learning_rates(torch):
    x = _leaf(torch, [[1.0]])
    return {kind: getattr(torch.optim, kind)([x]).param_groups[0]["lr"] for kind in [*KINDS, "LBFGS", "Muon"]}


def item_101_errors(torch):
    x, optim = _leaf(torch, [1.0, 2.0]), torch.optim
    return [
        error(optim.SGD, [x], nesterov=True),
        error(optim.SGD, [x], lr=-1),
        error(optim.SGD, [x], momentum=-0.5),
        error(optim.Adam, [x], weight_decay=-1),
        error(optim.Adam, [x], betas=(1.0, 0.999)),
        error(optim.Adam, [x], eps=-1),
        error(optim.Adam, [x], lr=torch.tensor(-1.0)),
        error(optim.Adam, [x], lr=torch.tensor([1.0, 2.0])),
        error(optim.Adam, [x], lr=torch.tensor(1.0), foreach=True),
        error(optim.Adam, [x], betas=(torch.tensor(0.9), 0.999)),
        error(optim.Adam, [x], fused=True, foreach=True),
        error(optim.SGD, [x], fused=True, differentiable=True),
        error(optim.SGD, [], lr=1),
        error(optim.SGD, [x * 2]),
        error(optim.SGD, x),
        error(optim.SGD, [1.0]),
        error(optim.Muon, [x]),
    ]


def item_102_groups(torch):
    x, y = _leaf(torch, 1.0, 1.0), _leaf(torch, 2.0, 1.0)
    optimizer = torch.optim.SGD([{"params": [x], "lr": 0.5}, {"params": y}], lr=0.1, momentum=0.9)
    optimizer.step()
    optimizer.param_groups[0]["lr"] = 0.25
    optimizer.param_groups[1]["momentum"] = 0.5
    optimizer.step()
    return [
        x.item(),
        y.item(),
        [sorted(group) for group in optimizer.param_groups],
        error(optimizer.add_param_group, {"params": [x]}),
        error(optimizer.add_param_group, {"params": {_leaf(torch, 1.0)}}),
        error(optimizer.add_param_group, [x]),
        [text.split(";")[0] for _, text in warned(torch.optim.SGD, [x, x])],
    ]


def item_102_keys_and_repr_are_pytorchs(torch):
    x = _leaf(torch, [[1.0]])
    made = [getattr(torch.optim, kind)([x], **options) for kind, options in {**KINDS, "Muon": {}}.items()]
    return [[repr(optimizer), list(optimizer.param_groups[0]), list(optimizer.defaults)] for optimizer in made]


def item_103_state_dict(torch):
    shown = {}
    for kind, options in KINDS.items():
        x, y = _leaf(torch, [[1.0, 2.0]], [[0.5, -1.0]]), _leaf(torch, [3.0])
        optimizer = getattr(torch.optim, kind)([x, y], **options)
        before = _shown(optimizer)["state"]
        optimizer.step()
        shown[kind] = [list(before), _shown(optimizer)]
    return shown


def item_104_load_state_dict_shares_state(torch):
    x, y = _leaf(torch, [1.0], [0.5]), _leaf(torch, [2.0], [0.25])
    first, second = torch.optim.Adam([x], lr=0.1), torch.optim.Adam([y], lr=0.5, eps=1.0)
    first.step()
    second.load_state_dict(first.state_dict())
    first.step()
    second.step()
    apart = torch.optim.Adam([y])
    apart.load_state_dict(copy.deepcopy(first.state_dict()))
    second.step()
    states = (first.state[x], second.state[y], apart.state[y])
    return [x.item(), y.item(), [state["step"].item() for state in states], repr(second)]


def item_104_a_saved_optimizer_goes_on(torch):
    shown = {}
    for kind, options in KINDS.items():
        x, y = _leaf(torch, [[1.0, 2.0], [3.0, 4.0]]), _leaf(torch, [0.5])
        optimizer = getattr(torch.optim, kind)([x, y], **options)
        for k in range(4):
            if k == 2:
                saved = copy.deepcopy(optimizer.state_dict())
                optimizer = getattr(torch.optim, kind)([x, y], **options)
                optimizer.load_state_dict(saved)
            x.grad, y.grad = torch.tensor([[0.5, -1.0], [k * 0.5, 2.0]]), torch.tensor([1.0 - k])
            optimizer.step()
        shown[kind] = [x.tolist(), y.tolist()]
    return shown


def item_105_state_that_does_not_fit(torch):
    x, y = _leaf(torch, [1.0]), _leaf(torch, [2.0])
    one, two = torch.optim.SGD([x, y]), torch.optim.SGD([{"params": [x]}, {"params": [y]}])
    return [
        error(one.load_state_dict, two.state_dict()),
        error(one.load_state_dict, torch.optim.SGD([x]).state_dict()),
    ]


def item_106_closure_and_repr(torch):
    x = _leaf(torch, [1.0, 2.0])
    optimizer = torch.optim.Adam([x], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (x * x).sum()
        loss.backward()
        return loss

    with torch.no_grad():
        loss = optimizer.step(closure)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        print(optimizer)
    return [loss.item(), loss.requires_grad, x.tolist(), optimizer.step(), out.getvalue()]


def item_106_hooks(torch):
    x = _leaf(torch, [1.0], [1.0])
    optimizer, seen = torch.optim.Adam([x], lr=0.1), []
    optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append(["pre", x.item()]))
    handle = optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append(["post", x.item()]))
    optimizer.step()
    handle.remove()
    optimizer.step()
    return seen


SCENARIOS = scenarios_in(globals())
