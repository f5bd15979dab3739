"""What optimizers take, hold and give back, items 101 to 106."""

import contextlib
import copy
import io

from scenarios import error, warned
from semantics.optimizers import KINDS, leaf


def _plain(x):
    """A state dict as plain data, with the dtypes of tensors."""
    if isinstance(x, dict):
        return {str(key): _plain(value) for key, value in x.items()}
    if isinstance(x, list | tuple):
        return [_plain(item) for item in x]
    return [str(x.dtype), list(x.shape), x.tolist()] if hasattr(x, "dtype") else x


def item_101_errors(torch):
    """Options and parameters that make no sense are refused, each with its text."""
    x, optim = leaf(torch, [1.0, 2.0]), torch.optim
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


def _keys_and_texts(torch):
    x = leaf(torch, [[1.0]])
    made = [getattr(torch.optim, kind)([x], **options) for kind, options in {**KINDS, "Muon": {}}.items()]
    return [[repr(optimizer), list(optimizer.param_groups[0]), list(optimizer.defaults)] for optimizer in made]


def item_102_groups(torch):
    """A group holds its parameters and every option, and a changed option acts at the next step."""
    x, y = leaf(torch, 1.0, 1.0), leaf(torch, 2.0, 1.0)
    optimizer = torch.optim.SGD([{"params": [x], "lr": 0.5}, {"params": y}], lr=0.1, momentum=0.9)
    optimizer.step()
    optimizer.param_groups[0]["lr"] = 0.25
    optimizer.param_groups[1]["momentum"] = 0.5
    optimizer.step()
    return {
        "values": [x.item(), y.item()],
        "keys": [sorted(group) for group in optimizer.param_groups],
        "in two groups": error(optimizer.add_param_group, {"params": [x]}),
        "a set": error(optimizer.add_param_group, {"params": {leaf(torch, 1.0)}}),
        "no dict": error(optimizer.add_param_group, [x]),
        "twice": [text.split(";")[0] for _, text in warned(torch.optim.SGD, [x, x])],
        "of every kind": _keys_and_texts(torch),
    }


def item_103_state_dict(torch):
    """A state dict numbers the parameters over the groups; its state is empty before the first step."""
    shown = {}
    for kind, options in KINDS.items():
        x, y, z = leaf(torch, [[1.0, 2.0]], [[0.5, -1.0]]), leaf(torch, [3.0]), leaf(torch, [4.0])
        optimizer = getattr(torch.optim, kind)([{"params": [x, y]}, {"params": [z], "lr": 0.5}], **options)
        before = _plain(optimizer.state_dict()["state"])
        optimizer.step()
        shown[kind] = [before, _plain(optimizer.state_dict())]
    return shown


def _loaded_twice(torch, through):
    x, y = leaf(torch, [1.0], [0.5]), leaf(torch, [2.0], [0.25])
    first, second = torch.optim.Adam([x], lr=0.1), torch.optim.Adam([y], lr=0.5, eps=1.0)
    first.step()
    second.load_state_dict(through(first.state_dict()))
    first.step()
    second.step()
    one, other = first.state[x], second.state[y]
    return [
        x.item(),
        y.item(),
        one["step"].item(),
        other["step"].item(),
        one["exp_avg"] is other["exp_avg"],
        repr(second),
    ]


def _saved(torch, state):
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file)


def _carried_on(torch, kind, options):
    """Four steps, with a new optimizer loaded from the old one's state in the middle."""
    x, y = leaf(torch, [[1.0, 2.0], [3.0, 4.0]]), leaf(torch, [0.5])
    optimizer = getattr(torch.optim, kind)([x, y], **options)
    for k in range(4):
        if k == 2:
            saved = copy.deepcopy(optimizer.state_dict())
            optimizer = getattr(torch.optim, kind)([x, y], **options)
            optimizer.load_state_dict(saved)
        x.grad, y.grad = torch.tensor([[0.5, -1.0], [k * 0.5, 2.0]]), torch.tensor([1.0 - k])
        optimizer.step()
    return [x.tolist(), y.tolist()]


def item_104_loading_state(torch):
    """Loading overwrites the options and shares the state's tensors; from a file or a copy they are its own."""
    return {
        "shared": _loaded_twice(torch, lambda state: state),
        "saved": _loaded_twice(torch, lambda state: _saved(torch, state)),
        "copied": _loaded_twice(torch, copy.deepcopy),
        "carried on": {kind: _carried_on(torch, kind, options) for kind, options in KINDS.items()},
    }


def item_105_state_that_does_not_fit(torch):
    """State with other groups, or groups of another size, is refused."""
    x, y = leaf(torch, [1.0]), leaf(torch, [2.0])
    one, two = torch.optim.SGD([x, y]), torch.optim.SGD([{"params": [x]}, {"params": [y]}])
    return [
        error(one.load_state_dict, two.state_dict()),
        error(one.load_state_dict, torch.optim.SGD([x]).state_dict()),
    ]


def _hooks(torch):
    x = leaf(torch, [1.0], [1.0])
    optimizer, seen = torch.optim.Adam([x], lr=0.1), []
    optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append(["pre", x.item()]))
    handle = optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append(["post", x.item()]))
    optimizer.step()
    handle.remove()
    optimizer.step()
    return seen


def item_106_closure_and_repr(torch):
    """A closure runs with grad enabled even under no_grad, and step returns its loss; without one, None."""
    x = leaf(torch, [1.0, 2.0])
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
    return {
        "loss": [loss.item(), loss.requires_grad, x.tolist()],
        "without": optimizer.step(),
        "repr": out.getvalue(),
        "hooks": _hooks(torch),
    }
