"""Grad modes, items 55 to 59."""

from graph_facts import place
from scenarios import error


def _leaf(torch, *values):
    return torch.tensor(values, requires_grad=True)


def item_055_no_grad(torch):
    """Results under `no_grad` are leaves without grad; `enable_grad` nests inside; exceptions put the mode back."""
    x, shown = _leaf(torch, 1.0), []
    with torch.no_grad():
        shown.append([place(x * 2), torch.is_grad_enabled(), x.requires_grad])
        with torch.enable_grad():
            shown.append([place(x * 2), torch.is_grad_enabled()])
        shown.append([place(x * 2), torch.is_grad_enabled()])

    def fail(mode):
        with mode:
            raise ValueError("inside")

    modes = torch.no_grad(), torch.enable_grad(), torch.inference_mode(), torch.set_grad_enabled(True)
    put_back = [[error(fail, mode), torch.is_grad_enabled()] for mode in modes]
    with torch.no_grad():
        put_back.append([error(fail, torch.enable_grad()), torch.is_grad_enabled()])
    return [shown, put_back, place(x * 2)]


def item_055_modes_as_decorators(torch):
    """As decorators, with or without brackets, modes keep the function's name and hold in generators too."""
    x = _leaf(torch, 1.0)

    def double(y):
        """Two times."""
        return y * 2

    def twice():
        for _ in range(2):
            yield x * 2

    shown = []
    for mode in (
        torch.no_grad,
        torch.no_grad(),
        torch.enable_grad(),
        torch.inference_mode(),
        torch.set_grad_enabled(False),
    ):
        decorated = mode(double)
        torch.set_grad_enabled(True)  # set_grad_enabled acts when it is made
        with torch.no_grad():
            inside = place(decorated(x))
        shown.append([decorated.__name__, decorated.__doc__, place(decorated(x)), inside, torch.is_grad_enabled()])
    between = [[place(y), place(x * 2)] for y in torch.no_grad()(twice)()]
    return [shown, between]


def item_056_set_grad_enabled(torch):
    """`set_grad_enabled` is a context and a plain call that acts at once; `is_grad_enabled` tells."""
    x, shown = _leaf(torch, 1.0), [torch.is_grad_enabled()]
    for flag in (False, True):
        with torch.set_grad_enabled(flag):
            shown.append([torch.is_grad_enabled(), place(x * 2)])
        shown.append(torch.is_grad_enabled())
    torch.set_grad_enabled(False)
    shown.append([torch.is_grad_enabled(), place(x * 2)])
    torch.set_grad_enabled(True)
    return [shown, torch.is_grad_enabled(), place(x * 2)]


def item_057_no_grad_leaves_gradients_alone(torch):
    """`no_grad` neither clears nor freezes gradients; what was made inside has no graph to go back through."""
    x = _leaf(torch, 1.0)
    (x * 2).sum().backward()
    grad, loss = x.grad, (x * 3).sum()
    with torch.no_grad():
        shown = [x.grad is grad, grad.tolist()]
        made = (x * 2).sum()
        loss.backward()
        shown.append(grad.tolist())
        x.grad.mul_(2.0)
    (x * 2).sum().backward()
    return [shown, x.grad is grad, grad.tolist(), error(made.backward)]


def item_058_inference_mode(torch):
    """Results in `inference_mode` know it, and cannot be saved by a graph later."""
    x, given = _leaf(torch, 1.0, 2.0), torch.ones(2)
    with torch.inference_mode():
        y = x * 2
        shown = [place(y), y.is_inference(), torch.is_grad_enabled(), torch.is_inference_mode_enabled()]
        shown += [(given * 1).is_inference(), given.is_inference(), y.add_(1) is y, y.tolist()]
        with torch.inference_mode(False):
            shown.append([place(x * 2), (x * 2).is_inference()])
    return [
        shown,
        [torch.is_grad_enabled(), torch.is_inference_mode_enabled(), y.is_inference(), (y * 1).is_inference()],
        error(lambda: x * y),
        error(lambda: x.relu() / y),
        place(x + y),
        place(x * y.clone()),
    ]


def item_059_inference_tensors_outside(torch):
    """An inference tensor outside may not require grad or be written to; reading and cloning give normal tensors."""
    with torch.inference_mode():
        y = torch.ones(2)
    normal = [y + 1, y.clone()]
    return [
        error(y.requires_grad_),
        error(setattr, y, "requires_grad", True),
        error(y.add_, 1),
        error(y.zero_),
        error(y.__setitem__, 0, 1.0),
        [[z.is_inference(), place(z), place(z.requires_grad_()), z.tolist()] for z in normal],
    ]
