"""What is often said of gradients and of clearing them, S1 to S16, and what holds."""

from scenarios import error


def _leaf(torch, *values):
    return torch.tensor(values, requires_grad=True)


def _trained(torch, order, steps=3, set_to_none=True):
    """A number falling along its own square, with the calls of an iteration in some order."""
    w = _leaf(torch, 5.0)
    optimizer = torch.optim.SGD([w], lr=0.1)
    calls = {
        "backward": lambda: (w * w).sum().backward(),
        "step": optimizer.step,
        "zero": lambda: optimizer.zero_grad(set_to_none=set_to_none),
    }
    for _ in range(steps):
        for name in order.split():
            calls[name]()
    return [w.item(), len(optimizer.state), None if w.grad is None else w.grad.item()]


def item_S01_the_order_of_an_iteration(torch):
    """Clearing between backward and step leaves nothing to apply: the parameters stay as they were."""
    return {
        "cleared before the step": _trained(torch, "backward zero step", steps=100),
        "zeros before the step": _trained(torch, "backward zero step", set_to_none=False),
        "zero, backward, step": _trained(torch, "zero backward step"),
        "backward, step, zero": _trained(torch, "backward step zero"),
        "never cleared": _trained(torch, "backward step"),
    }


def item_S02_seeding_clears_nothing(torch):
    """`manual_seed` touches no gradient: they go on adding up."""
    w, seen = _leaf(torch, 2.0), []
    for _ in range(3):
        torch.manual_seed(0)
        (w * w).sum().backward()
        seen.append(w.grad.item())
    return seen


def item_S03_no_grad_clears_nothing(torch):
    """`no_grad` leaves old gradients in place; training inside it is an error; a body must be a statement."""
    w = _leaf(torch, 2.0)
    (w * w).sum().backward()
    with torch.no_grad():
        kept = w.grad.item()
        refused = error((w * w).sum().backward)
    empty_body = error(compile, "with torch.no_grad():\n    # clear\nx = 1", "post", "exec")[0]
    return [kept, refused, w.grad.item(), empty_body]


def item_S04_parameters_by_name(torch):
    """A layer has no attribute `parameter`: clear `weight.grad`, or loop over `parameters()`."""
    layer = torch.nn.Linear(2, 1)
    layer(torch.ones(1, 2)).sum().backward()
    layer.weight.grad = None
    some = [p.grad is None for p in layer.parameters()]
    for p in layer.parameters():
        p.grad = None
    return [error(lambda: layer.parameter), some, [p.grad is None for p in layer.parameters()]]


def item_S05_cleared_means_none(torch):
    """Clearing gives None, not zeros: `grad.zero_()` then fails, and the optimizer skips the parameter."""
    w = _leaf(torch, 1.0)
    optimizer = torch.optim.SGD([w], lr=0.1, weight_decay=0.5)
    (w * w).sum().backward()
    optimizer.zero_grad()
    cleared = [w.grad is None, error(lambda: w.grad.zero_())]
    optimizer.step()
    skipped = w.item()
    (w * w).sum().backward()
    w.grad.zero_()
    zeros = w.grad.tolist()
    optimizer.step()
    return [cleared, skipped, zeros, w.item()]


def item_S06_what_clearing_reaches(torch):
    """`zero_grad` clears a gradient written by hand, but no result of `autograd.grad` and no stranger's."""
    w, stranger = _leaf(torch, 1.0), _leaf(torch, 2.0)
    optimizer = torch.optim.SGD([w], lr=0.1)
    shown = {}
    for set_to_none in (True, False):
        w.grad, stranger.grad = torch.tensor([7.0]), torch.tensor([7.0])
        (computed,) = torch.autograd.grad((w * w).sum(), w)
        optimizer.zero_grad(set_to_none=set_to_none)
        shown[str(set_to_none)] = [None if w.grad is None else w.grad.item(), computed.item(), stranger.grad.item()]
    return shown


def item_S07_before_training(torch):
    """A new model has nothing to clear: every gradient is None, and clearing changes nothing."""
    layer = torch.nn.Linear(2, 1)
    before = [p.grad is None for p in layer.parameters()]
    layer.zero_grad()
    torch.optim.SGD(layer.parameters(), lr=0.1).zero_grad()
    return [before, [p.grad is None for p in layer.parameters()]]


def _full_and_summed(torch):
    """The gradient of the mean over a batch, and the sum over scaled halves."""
    data = torch.tensor([1.0, 2.0, 3.0, 6.0])
    full, summed = _leaf(torch, 2.0), _leaf(torch, 2.0)
    (full * data).pow(2).mean().backward()
    for half in (data[:2], data[2:]):
        ((summed * half).pow(2).mean() / 2).backward()
    return [full.grad.item(), summed.grad.item()]


def _momentum_of_one(torch):
    """Three steps with gradients that add up, and with momentum 1 and cleared gradients."""
    ends = []
    for momentum, clears in ((0.0, False), (1.0, True)):
        w = _leaf(torch, 5.0)
        optimizer = torch.optim.SGD([w], lr=0.1, momentum=momentum)
        for _ in range(3):
            if clears:
                optimizer.zero_grad()
            (w * w).sum().backward()
            optimizer.step()
        ends.append(w.item())
    return ends


def item_S08_who_adds(torch):
    """Backward adds into `.grad` and the optimizer only reads it; unclearing is momentum 1, and can be wanted."""
    w = _leaf(torch, 2.0)
    optimizer = torch.optim.SGD([w], lr=0.1)
    (w * w).sum().backward()
    (w * w).sum().backward()
    kept = w.grad
    optimizer.step()
    return {
        "read": [kept.item(), w.grad is kept, w.item()],
        "momentum": _momentum_of_one(torch),
        "halves": _full_and_summed(torch),
    }


def item_S09_shapes_that_fit(torch):
    """Two layers fit where the hidden size is the same in both: 1000x100 and 100x10, not 1000x10."""

    def two_layers(first, second):
        hidden = (torch.ones(64, 1000) @ torch.ones(*first)).clamp(min=0)
        return list((hidden @ torch.ones(*second)).shape)

    return [two_layers((1000, 100), (100, 10)), error(two_layers, (1000, 10), (100, 10))]


def item_S10_what_no_grad_is_for(torch):
    """An update under `no_grad` is not recorded; without it, in place is an error and out of place loses the leaf."""
    w = _leaf(torch, 2.0)
    (w * w).sum().backward()
    refused = error(w.sub_, 0.1 * w.grad)
    lost = w - 0.1 * w.grad
    with torch.no_grad():
        w -= 0.1 * w.grad
    return [refused, [lost.is_leaf, lost.requires_grad], [w.item(), w.is_leaf, w.requires_grad, w.grad.item()]]


def item_S11_sgds_learning_rate(torch):
    """SGD's default learning rate is 0.001."""
    return torch.optim.SGD([_leaf(torch, 1.0)]).param_groups[0]["lr"]


def item_S12_weight_decay(torch):
    """Weight decay joins the gradient before momentum; it acts on a gradient of zero, and not on None."""
    shown = {}
    for name, grad in {"zero": torch.zeros(1), "one": torch.ones(1), "none": None}.items():
        w = _leaf(torch, 2.0)
        optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9, weight_decay=0.5)
        w.grad = grad
        optimizer.step()
        state = optimizer.state.get(w, {})
        shown[name] = [w.item(), {key: value.tolist() for key, value in state.items()}]
    return shown


def item_S13_names_and_clearing(torch):
    """A loop needs its names defined; and without clearing a gradient is still computed, only summed."""
    w, seen = _leaf(torch, 1.0, 2.0), []
    for _ in range(2):
        (w * 3).sum().backward()
        seen.append(w.grad.tolist())
    return [error(eval, "W - rate * W.grad", {"rate": 0.1}), seen]


def item_S14_requires_grad_has_an_s(torch):
    """The keyword is `requires_grad`."""
    return error(lambda: torch.tensor([1.0], require_grad=True))


def item_S15_backward_of_several_elements(torch):
    """`loss.backward()` without an argument needs a loss of one element."""
    one, two = _leaf(torch, 2.0), _leaf(torch, 2.0, 3.0)
    loss = one * one
    loss.backward()
    return [one.grad.tolist(), error((two * two).backward), callable(loss)]


def item_S16_a_kept_gradient_is_an_alias(torch):
    """`kept = w.grad` is the same tensor: after another backward it shows the sum."""
    w = _leaf(torch, 2.0)
    seen = []
    (w * 5).sum().backward()
    kept, copied = w.grad, w.grad.clone()
    for _ in range(2):
        seen.append([kept.item(), copied.item(), kept is w.grad])
        (w * 5).sum().backward()
    return seen
