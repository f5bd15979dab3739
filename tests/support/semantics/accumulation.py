"""How gradients add up, items 19 to 31."""

from graph_facts import place
from scenarios import error, warned


def _leaf(torch, *values):
    return torch.tensor(values, requires_grad=True)


def item_019_backward_adds(torch):
    """Each backward adds its gradient to `.grad`."""
    w, shown = _leaf(torch, 1.0), []
    for _ in range(3):
        (w * 2).sum().backward()
        shown.append(w.grad.tolist())
    return shown


def item_020_the_addition_is_in_place(torch):
    """The addition is in place: the object and its memory stay, and every alias sees the new sum."""
    w = _leaf(torch, 1.0, 1.0)
    (w * 2).sum().backward()
    first, memory, part, version = w.grad, w.grad.data_ptr(), w.grad[0], w.grad._version
    before = first.tolist()
    (w * 3).sum().backward()
    aliases = [first.tolist(), part.item(), first.detach().tolist()]
    return [w.grad is first, w.grad.data_ptr() == memory, before, aliases, [version, w.grad._version]]


def item_021_zeroing_keeps_the_object_and_forgetting_does_not(torch):
    """A zeroed gradient is written to by later backwards; after None they store a new object and leave the old."""
    w = _leaf(torch, 1.0)
    optimizer = torch.optim.SGD([w])
    (w * 2).sum().backward()
    kept, shown = w.grad, []
    for zero in (lambda: w.grad.zero_(), lambda: optimizer.zero_grad(set_to_none=False)):
        zero()
        shown.append([w.grad is kept, kept.tolist()])
        (w * 3).sum().backward()
        shown.append([w.grad is kept, kept.tolist()])
    w.grad = None
    (w * 4).sum().backward()
    return [shown, w.grad is kept, kept.tolist(), w.grad.tolist()]


def item_022_an_assigned_gradient_is_the_users_tensor(torch):
    """A tensor that the user assigns as `.grad` is stored as is, and later backwards write to it."""
    w, seed = _leaf(torch, 1.0, 2.0), torch.tensor([10.0, 20.0])
    w.grad = seed
    same = w.grad is seed
    (w * 1).sum().backward()
    return [same, w.grad is seed, seed.tolist(), w.grad.data_ptr() == seed.data_ptr()]


def item_023_with_create_graph_the_addition_is_out_of_place(torch):
    """With `create_graph` the sum is a new object that requires grad, and the old one keeps its value."""
    w = _leaf(torch, 2.0)
    (w**3).sum().backward(create_graph=True)
    first, shown = w.grad, [repr(w.grad), place(w.grad)]
    (w**3).sum().backward(create_graph=True)
    shown += [w.grad is first, repr(first), repr(w.grad), place(w.grad)]
    (second,) = torch.autograd.grad(w.grad.sum(), w)
    w.grad = None
    return [shown, second.tolist()]


def item_024_create_graph_warns(torch):
    """`backward(create_graph=True)` warns of a reference cycle, once in a process."""
    w = _leaf(torch, 2.0)

    def backward():
        (w * w).sum().backward(create_graph=True)
        w.grad = None

    torch.set_warn_always(True)
    texts = [warned(backward), warned(backward)]
    torch.set_warn_always(False)
    backward()
    return [texts, warned(backward), warned(torch.autograd.grad, (w * w).sum(), w, create_graph=True)]


def item_025_a_leaf_used_several_times_gets_one_sum(torch):
    """A leaf that is used several times gets one summed gradient in one backward, and its hook runs once."""
    w, seen = _leaf(torch, 1.0), []
    w.register_hook(lambda g: seen.append(g.tolist()))
    (w * 1 + w * 10).sum().backward()
    return [seen, w.grad.tolist()]


def item_026_several_losses(torch):
    """Separate backwards, one of the sum, and one of the list of losses give the same gradient."""

    def separate(first, second):
        first.backward(retain_graph=True)
        second.backward()

    shown = []
    for way in (separate, lambda *losses: sum(losses).backward(), lambda *losses: torch.autograd.backward([*losses])):
        w = _leaf(torch, 3.0, 1.0)
        hidden = w.exp()
        way((hidden * 2).sum(), (hidden * w).sum())
        shown.append(w.grad.tolist())
    return shown


def item_027_a_failed_backward_leaves_the_earlier_one(torch):
    """When a second backward fails, the contribution of the first stays."""
    w = _leaf(torch, 1.0)
    loss = (w * w).sum()
    loss.backward()
    return [error(loss.backward), w.grad.tolist()]


def _full_and_parts(torch, scale):
    """Gradients of the mean loss over a batch, and of the scaled mean losses over its micro-batches."""
    x, y = torch.linspace(-1, 1, 12).reshape(6, 2), torch.linspace(0, 1, 6).reshape(6, 1)
    full, parts = (torch.zeros(2, 1, requires_grad=True) for _ in range(2))
    ((x @ full - y) ** 2).mean().backward()
    for inputs, targets in zip(x.split(2), y.split(2), strict=True):
        (((inputs @ parts - targets) ** 2).mean() * scale).backward()
    return full.grad, parts.grad


def item_028_scaled_micro_batches_are_the_full_batch(torch):
    """The mean losses of k equal micro-batches, each over k, add to the full batch's gradient; unscaled to k times it."""
    shown = []
    for scale, times in ((1 / 3, 1), (1.0, 3)):
        full, parts = _full_and_parts(torch, scale)
        shown.append([full.tolist(), parts.tolist(), torch.allclose(parts, times * full, rtol=1e-6)])
    return shown


def item_029_never_clearing_is_momentum_one(torch):
    """Never clearing gradients is SGD with momentum 1."""
    shown = []
    for momentum in (0, 1.0):
        w = _leaf(torch, 4.0)
        optimizer = torch.optim.SGD([w], lr=0.1, momentum=momentum)
        for _ in range(8):
            if momentum:
                optimizer.zero_grad()
            ((w - 1) ** 2).sum().backward()
            optimizer.step()
        shown.append(w.item())
    return shown


def item_030_a_step_does_not_clear(torch):
    """`step()` does not clear gradients: a second step without backward applies them again."""
    w, shown = _leaf(torch, 1.0), []
    optimizer = torch.optim.SGD([w], lr=0.1)
    (w * 2).sum().backward()
    for _ in range(2):
        optimizer.step()
        shown.append([w.item(), w.grad.item()])
    return shown


def item_031_a_gradient_may_alias_what_backward_was_given(torch):
    """Through views alone the stored gradient may share the memory of the tensor given to `backward`."""
    x, y, g = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True), torch.tensor([1.0, 2.0, 3.0])
    x.view(3).backward(g)
    (y * 1).backward(g)
    shared = [x.grad.data_ptr() == g.data_ptr(), y.grad.data_ptr() == g.data_ptr(), x.grad is g]
    g[0] = 9.0
    return [shared, x.grad.tolist(), y.grad.tolist()]
