"""Hooks of tensors, modules and optimizers, items 72 to 78."""

from graph_facts import node
from scenarios import error, warned


def _leaf(torch, *values):
    return torch.tensor(values, requires_grad=True)


def _lists(grads):
    return [None if g is None else g.tolist() for g in grads]


def item_072_hooks_run_in_order_on_the_fresh_gradient(torch):
    """Tensor hooks run in order on the fresh gradient; what one returns replaces it for the next and for the sum."""
    x, seen = _leaf(torch, 1.0), []
    x.register_hook(lambda g: seen.append(["first", g.tolist()]))
    second = x.register_hook(lambda g: seen.append(["second", g.tolist()]) or g * 10)
    x.register_hook(lambda g: seen.append(["third", g.tolist()]) or g + 1)
    sums = []
    for _ in range(2):
        (x * 2).sum().backward()
        sums.append(x.grad.tolist())
    second.remove()
    (x * 2).sum().backward()
    y = x * 3
    y.register_hook(lambda g: g * 100)
    x.grad = None
    (y * 2).sum().backward()
    return [seen, sums, x.grad.tolist()]


def item_073_what_a_hook_sees_in_grad(torch):
    """During a hook `.grad` still holds the old value; the post-accumulate hook sees the sum."""
    x, seen = _leaf(torch, 1.0), []
    x.register_post_accumulate_grad_hook(lambda p: seen.append(["post", p is x, p.grad.item()]))
    x.register_hook(lambda g: seen.append(["hook", g.item(), None if x.grad is None else x.grad.item()]))
    for factor in (1, 2):
        (x * factor).sum().backward()
    return seen


def item_074_hooks_that_do_not_fit(torch):
    """A hook needs a tensor that requires grad, and must not change the gradient's shape."""

    def bad(g):
        return torch.ones(3)

    def stranger(g):
        return "text"

    outcomes = []
    for hook in (bad, stranger):
        x = _leaf(torch, 1.0, 2.0)
        x.register_hook(hook)
        outcomes.append(error((x * 2).sum().backward))
    return [error(torch.ones(1).register_hook, bad), outcomes[0], outcomes[1][0]]


def item_075_post_accumulate_hooks(torch):
    """A post-accumulate hook is for leaves, gets the parameter after the sum, and may step and clear in it."""
    w, other, seen = _leaf(torch, 1.0), _leaf(torch, 5.0), []
    optimizer = torch.optim.SGD([w], lr=0.5)

    def step(parameter):
        seen.append([parameter is w, parameter.grad.tolist()])
        optimizer.step()
        optimizer.zero_grad()

    handle = w.register_post_accumulate_grad_hook(step)
    for _ in range(2):
        (w * 2 + other).sum().backward()
    shown = [w.tolist(), w.grad is None, other.grad.tolist()]
    handle.remove()
    (w * 2).sum().backward()
    hook = w.register_post_accumulate_grad_hook
    refused = [error(y.register_post_accumulate_grad_hook, step) for y in (w * 2, torch.ones(1))]
    return [seen, shown, w.grad.tolist(), refused, callable(hook)]


def _module(torch):
    """A module that adds its inputs and multiplies them with its weight 2."""

    class Weighted(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.tensor([2.0]))

        def forward(self, x, y=0.0):
            return self.weight * (x + y)

    return Weighted()


def item_076_forward_hooks(torch):
    """Forward pre-hooks may replace the inputs, forward hooks see the replaced inputs and may replace the output."""
    model, x, seen = _module(torch), torch.tensor([1.0]), []

    def pre(module, args):
        seen.append(["pre", module is model, type(args).__name__, _lists(args)])
        return args[0] + 1

    def pre_tuple(module, args):
        seen.append(["pre tuple", _lists(args)])
        return (args[0] * 10, torch.tensor([5.0]))

    def post(module, args, out):
        seen.append(["post", module is model, _lists(args), out.tolist()])
        return out + 0.5

    def watch(module, args, kwargs, out):
        seen.append(["watch", _lists(args), sorted(kwargs), out.tolist()])

    handles = [
        model.register_forward_pre_hook(pre),
        model.register_forward_pre_hook(pre_tuple),
        model.register_forward_hook(post),
        model.register_forward_hook(watch, with_kwargs=True),
    ]
    results = [model(x).tolist()]
    for handle in handles:
        handle.remove()
        results.append(model(x).tolist())
    return [seen, results]


def item_077_backward_hooks(torch):
    """The full backward pre-hook comes first with grad_output; the hook sees grad_input too and may replace that alone."""
    shown = []
    for x in (_leaf(torch, 3.0), torch.tensor([3.0])):
        model, seen = _module(torch), []

        def pre(module, grad_output, seen=seen):
            seen.append(["pre", type(grad_output).__name__, _lists(grad_output)])

        def post(module, grad_input, grad_output, seen=seen):
            seen.append(["hook", type(grad_input).__name__, _lists(grad_input), _lists(grad_output)])
            return None if grad_input[0] is None else (grad_input[0] * 100,)

        model.register_full_backward_hook(post)
        handle = model.register_full_backward_pre_hook(pre)
        texts = warned(lambda model=model, x=x: (model(x) * 4).sum().backward())
        shown.append([seen, texts, node(model(x)), model.weight.grad.tolist(), repr(x.grad)])
        handle.remove()
        model.register_full_backward_pre_hook(lambda module, grad_output: (grad_output[0] * 10,))
        warned(lambda model=model, x=x: (model(x) * 4).sum().backward())
        shown.append([seen[2:], model.weight.grad.tolist(), repr(x.grad)])
    return shown


def item_078_step_hooks(torch):
    """Step hooks get the optimizer, the arguments (it is the first) and keywords; the pre-hook may replace these."""
    w, seen = torch.nn.Parameter(torch.tensor([1.0])), []
    optimizer = torch.optim.SGD([w], lr=0.5)

    def hook(name):
        def note(opt, args, kwargs):
            seen.append([name, opt is optimizer, type(args).__name__, len(args), sorted(kwargs), w.tolist()])

        return note

    handles = [optimizer.register_step_pre_hook(hook("pre")), optimizer.register_step_post_hook(hook("post"))]
    w.grad = torch.tensor([1.0])
    optimizer.step()
    optimizer.step(closure=lambda: 3.0)
    for handle in handles:
        handle.remove()
    optimizer.step()
    optimizer.register_step_pre_hook(lambda opt, args, kwargs: ((opt, lambda: 7.0), {}))
    replaced = optimizer.step()
    optimizer.register_step_pre_hook(lambda opt, args, kwargs: "text")
    return [seen, replaced, w.tolist(), error(optimizer.step)[0]]
