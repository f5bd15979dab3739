"""`backward()`, `autograd.grad` and custom functions, items 40 to 54."""

from graph_facts import place
from scenarios import error, warned


def _leaf(torch, *values):
    return torch.tensor(values, requires_grad=True)


def item_040_one_element_is_a_scalar(torch):
    """`backward()` without a gradient needs one element, in any shape."""
    shown = []
    for shape in ((), (1,), (1, 1)):
        x = torch.ones(shape, requires_grad=True)
        (x * 2).backward()
        shown.append(x.grad.tolist())
    several, none = torch.ones(2, requires_grad=True), torch.ones(0, requires_grad=True)
    return [shown, error((several * 2).backward), error((none * 2).backward)]


def item_041_a_gradient_of_another_shape(torch):
    """The gradient given to backward must have the shape of the result."""
    x = torch.ones(3, requires_grad=True)
    return [
        error((x * 2).backward, torch.ones(2)),
        error((x * 2).backward, torch.ones(1)),
        error((x * 2).backward, torch.ones(3, 1)),
        error(x.sum().backward, torch.ones(1)),
        error(torch.autograd.backward, [x * 2, x.sum()], [torch.ones(2), torch.tensor(1.0)]),
        error(torch.autograd.grad, x * 2, x, torch.ones(2)),
    ]


def item_042_no_graph(torch):
    """backward of a result without a graph: constants, detached values, indices, integers, work under no_grad."""
    x = _leaf(torch, 1.0, 2.0)
    with torch.no_grad():
        unrecorded = (x * 2).sum()
    results = [torch.ones(()), unrecorded, x.sum().detach(), x.argmax(), x.int().sum(), (x > 0).sum()]
    return [error(y.backward) for y in results] + [error(torch.autograd.backward, [x.sum(), torch.ones(())])]


def item_043_backward_on_a_leaf(torch):
    """backward on a scalar leaf adds the gradient it is given, 1 if none."""
    x, shown = torch.tensor(2.0, requires_grad=True), []
    for given in ((), (torch.tensor(5.0),)):
        x.backward(*given)
        shown.append(x.grad.item())
    return shown


def item_044_inputs_choose_who_accumulates(torch):
    """`inputs=` fills only the listed tensors, non-leaves too without `retain_grad`; an empty list is refused."""
    a, b = _leaf(torch, 2.0), _leaf(torch, 3.0)
    y = a * b
    (y * 3).sum().backward(inputs=[a], retain_graph=True)
    shown = [repr(a.grad), repr(b.grad)]
    for _ in range(2):
        (y * 3).sum().backward(inputs=[y], retain_graph=True)
    unused = _leaf(torch, 1.0)
    (y * 3).sum().backward(inputs=[b, unused])
    shown += [repr(x.grad) for x in (a, b, y, unused)]
    z = a * b
    (z * 5).sum().backward(inputs=[a, z])
    shown += [repr(a.grad), repr(z.grad)]
    one, constant = _leaf(torch, 2.0), torch.ones(1)
    (one * one).sum().backward(inputs=one)
    refused = [error((a * b).sum().backward, inputs=given) for given in ([], [constant])]
    return [shown, y.retains_grad, one.grad.tolist(), refused]


def _twice(torch, function):
    """The texts of a first and a second backward, and the gradient in the end."""
    x = _leaf(torch, 1.0, 2.0)
    loss = function(x).sum()
    return [error(loss.backward), error(loss.backward), x.grad.tolist()]


def item_045_a_second_backward(torch):
    """A second backward through what saved tensors is refused, unless the first retained the graph."""
    x = _leaf(torch, 1.0, 2.0)
    loss = (x * x).sum()
    for _ in range(2):
        loss.backward(retain_graph=True)
    loss.backward()
    saved = [_twice(torch, f) for f in (lambda x: x * x, lambda x: x * 2, lambda x: x.exp(), lambda x: x.relu())]
    return [saved, x.grad.tolist(), error(loss.backward), error(torch.autograd.grad, loss, x)]


def item_046_only_nodes_that_saved_something_complain(torch):
    """Only nodes that saved tensors complain of a second backward; others run again and accumulate."""
    functions = (
        lambda x: x + 1,
        lambda x: x - x,
        lambda x: -x,
        lambda x: x[0],
        lambda x: x.view(2, 1),
        lambda x: torch.cat([x, x]),
        lambda x: x.clone(),
    )
    return [_twice(torch, f) for f in functions]


def item_047_grad_returns_a_tuple_and_touches_nothing(torch):
    """`autograd.grad` returns a tuple, leaves `.grad` alone and frees the graph."""
    x = _leaf(torch, 3.0)
    loss = (x * x).sum()
    kept = torch.autograd.grad(loss, x, retain_graph=True)
    found = torch.autograd.grad(loss, [x])
    hidden = x * 2
    (of_hidden,) = torch.autograd.grad((hidden * hidden).sum(), hidden)
    shown = [type(found).__name__, repr(kept), repr(found), x.grad is None, of_hidden.tolist()]
    return [shown, error(torch.autograd.grad, loss, x), error(loss.backward)]


def item_048_unused_inputs(torch):
    """An unused input is refused, None with `allow_unused`, zeros with `materialize_grads`; these two may clash."""
    x, u = _leaf(torch, 1.0), _leaf(torch, 1.0, 2.0)

    def of(**options):
        return repr(torch.autograd.grad((x * 2).sum(), (x, u), **options))

    return [
        error(of),
        error(of, allow_unused=False),
        of(allow_unused=True),
        of(materialize_grads=True),
        of(allow_unused=True, materialize_grads=True),
        error(of, allow_unused=False, materialize_grads=True),
    ]


def item_049_an_input_that_needs_no_gradient(torch):
    """An input that does not require grad is refused."""
    x = _leaf(torch, 1.0)
    grad = torch.autograd.grad
    return [error(grad, x.sum(), torch.ones(1)), error(grad, x.sum(), [x, x.detach()], allow_unused=True)]


def item_050_vectors_and_several_outputs(torch):
    """`grad_outputs` weighs the outputs; a list of outputs sums; a batch of unit vectors gives the Jacobian."""
    x, grad = _leaf(torch, 1.0, 2.0, 3.0), torch.autograd.grad

    def cubes():
        return (x**3 * x.flip(0),)

    return {
        "vector": repr(grad(x**2, x, torch.tensor([1.0, 10.0, 100.0]))),
        "several": repr(grad([(x**2).sum(), (x * 5).sum()], x)),
        "several vectors": repr(grad([x**2, x * 5], x, [torch.ones(3), torch.tensor([1.0, 0.0, 2.0])])),
        "one is None": repr(grad([x**2, x.sum()], x, [torch.ones(3), None])),
        "jacobian": repr(grad(cubes(), x, torch.eye(3), is_grads_batched=True)),
        "batch of two": repr(grad(cubes(), x, torch.eye(3)[:2], is_grads_batched=True)),
        "no vector": error(grad, x**2, x),
    }


def item_051_a_linear_functions_gradient_needs_no_graph(torch):
    """With `create_graph=True` the gradient of a linear function still requires no grad: nothing depends on x."""
    x = _leaf(torch, 1.0, 2.0)
    linear, square = ((f(x)).sum() for f in (lambda x: x * 2, lambda x: x * x))
    grads = [torch.autograd.grad(y, x, create_graph=True)[0] for y in (linear, square)]
    return [[place(g)[:2], g.tolist()] for g in grads] + [error(grads[0].sum().backward)]


def item_052_gradient_penalty(torch):
    """The backward of a gradient penalty leaves the last bias None and fills the input's gradient."""
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Tanh(), torch.nn.Linear(2, 1))
    with torch.no_grad():
        for k, p in enumerate(model.parameters()):
            p.copy_((torch.arange(float(p.numel())) / 4 + 0.1 * k).view(p.shape))
    x = torch.tensor([[1.0, -0.5], [0.25, 2.0]], requires_grad=True)
    (g,) = torch.autograd.grad(model(x).sum(), x, create_graph=True)
    ((g.norm(dim=1) - 1) ** 2).mean().backward()
    grads = [x.grad, *(p.grad for p in model.parameters())]
    return [g.tolist(), g.requires_grad, [None if g is None else g.tolist() for g in grads]]


def item_053_grad_runs_hooks_but_not_those_after_accumulation(torch):
    """`autograd.grad` runs tensor hooks, which may change its result, but not post-accumulate hooks."""
    x, calls = _leaf(torch, 1.0), []
    x.register_hook(lambda g: calls.append("hook") or g * 10)
    x.register_post_accumulate_grad_hook(lambda p: calls.append("post"))
    found = torch.autograd.grad((x * 2).sum(), x)
    return [found[0].tolist(), calls, x.grad is None]


def item_054_a_custom_function(torch):
    """A custom Function prints its class and `Backward`, sees which inputs need a gradient, and must return one each."""
    seen = []

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, scale):
            ctx.save_for_backward(x)
            ctx.scale = scale
            return scale * x**3

        @staticmethod
        def backward(ctx, g):
            seen.append([type(ctx.needs_input_grad).__name__, list(ctx.needs_input_grad)])
            (x,) = ctx.saved_tensors
            return g * ctx.scale * 3 * x**2, None

    class Bad(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g, g

    x = _leaf(torch, 2.0)
    y = Cube.apply(x, 4.0)
    y.sum().backward()
    again = error(y.sum().backward)
    return [repr(y), place(y), x.grad.tolist(), seen, error(Bad.apply(x).sum().backward), again, warned(y.sum)]
