"""Clearing and assigning gradients, items 32 to 39."""

import copy
import inspect

from graph_facts import place
from scenarios import error


def _leaf(torch, *values):
    return torch.tensor(values, requires_grad=True)


def item_032_zero_grad_sets_none(torch):
    """`zero_grad` of modules and optimizers has the one parameter `set_to_none=True`: gradients become None."""
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    shown = []
    for owner in (model, optimizer):
        model(torch.ones(1, 2)).sum().backward()
        parameters = inspect.signature(owner.zero_grad).parameters.values()
        shown.append([[[p.name, p.default] for p in parameters], model.weight.grad.tolist()])
        shown.append([owner.zero_grad() is None, [p.grad is None for p in model.parameters()]])
    return shown


def item_033_zeros_in_place(torch):
    """`set_to_none=False` zeroes in place; None stays None; a gradient that carries a graph is detached first."""
    shown = []
    for owner_of in (torch.nn.ParameterList, lambda ps: torch.optim.SGD(ps, lr=0.1)):
        w, graphed, untouched = (torch.nn.Parameter(torch.tensor([3.0])) for _ in range(3))
        (w * w).sum().backward()
        (graphed**3).sum().backward(create_graph=True)
        grads = w.grad, graphed.grad
        before = [place(g) for g in grads]
        owner_of([w, graphed, untouched]).zero_grad(set_to_none=False)
        same = [w.grad is grads[0], graphed.grad is grads[1], untouched.grad is None]
        shown.append([before, same, [repr(g) for g in grads], [place(g) for g in grads]])
    return shown


def item_034_whose_gradients_are_cleared(torch):
    """An optimizer clears its own parameters only; a module all of its parameters, frozen ones too, but no buffers."""
    model, other = torch.nn.Linear(2, 1), _leaf(torch, 1.0)
    model.register_buffer("seen", torch.ones(1, requires_grad=True))
    optimizer = torch.optim.SGD([model.weight], lr=0.1)
    everything = [model.weight, model.bias, model.seen, other]

    def backward():
        (model(torch.ones(1, 2)) * model.seen * other).sum().backward()

    with torch.no_grad():
        model.weight.fill_(1.0)
        model.bias.fill_(1.0)
    shown = []
    for clear in (optimizer.zero_grad, lambda: model.bias.requires_grad_(False), model.zero_grad):
        backward()
        clear()
        shown.append([None if x.grad is None else x.grad.tolist() for x in everything])
    return shown


def item_035_zero_grad_clears_assigned_gradients(torch):
    """`zero_grad` clears gradients that were assigned by hand."""
    shown = []
    for set_to_none in (True, False):
        w, given = torch.nn.Parameter(torch.ones(2)), torch.tensor([5.0, 6.0])
        w.grad = given
        torch.optim.SGD([w], lr=0.1).zero_grad(set_to_none=set_to_none)
        shown.append([repr(w.grad), given.tolist()])
    return shown


def _assigned(x, grad):
    return error(setattr, x, "grad", grad)


def item_036_assigning_another_shape(torch):
    """A gradient of another shape is refused."""
    w, matrix = torch.ones(2, requires_grad=True), torch.ones(2, 1, requires_grad=True)
    shapes = [_assigned(w, torch.ones(3)), _assigned(w, torch.ones(1, 2)), _assigned(matrix, torch.ones(2))]
    return [shapes, _assigned(torch.tensor(1.0), torch.ones(1)), w.grad is None]


def item_037_assigning_another_dtype(torch):
    """A gradient of another dtype is refused, unless `grad_dtype` says that dtype, or None for any."""
    names = ("float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool", "complex64")
    w = torch.ones(2, requires_grad=True)
    shown = {name: _assigned(w, torch.ones(2).to(getattr(torch, name))) for name in names}
    double = _assigned(torch.ones(2, dtype=torch.float64), torch.ones(2))
    chosen = [str(w.grad_dtype)]
    for dtype in (torch.float64, None):
        w.grad_dtype = dtype
        chosen.append([str(w.grad_dtype), _assigned(w, torch.ones(2, dtype=torch.float64)), str(w.grad.dtype)])
    return [shown, double, chosen, _assigned(w, torch.ones(2, dtype=torch.int64))]


def item_038_what_a_gradient_can_be(torch):
    """Only a tensor, and not the tensor itself; one that requires grad will do, and so will a target that does not."""
    w, plain, graphed = _leaf(torch, 1.0), torch.ones(1), _leaf(torch, 5.0)
    refused = [_assigned(w, wrong) for wrong in ([1.0], 1.0, (1.0,), w)]
    w.grad, plain.grad = graphed, graphed * 2
    return [refused, w.grad is graphed, place(w.grad), place(plain.grad), plain.requires_grad]


def item_039_what_copies_keep(torch):
    """deepcopy of a Parameter drops its gradient, of a plain leaf keeps a copy; `copy` drops it; no deepcopy of results."""
    w, x = torch.nn.Parameter(torch.ones(1)), _leaf(torch, 1.0)
    model = torch.nn.Linear(1, 1)
    (model(x.reshape(1, 1)) * w).sum().backward()
    x.grad.fill_(7.0)
    deep, model_copy = copy.deepcopy(x), copy.deepcopy(model)
    deep.grad.add_(1.0)
    dropped = [copy.deepcopy(w).grad, model_copy.weight.grad, copy.copy(x).grad, copy.copy(w).grad]
    kept = [place(deep), deep.grad.tolist(), x.grad.tolist(), deep is x, w.grad is None]
    shared = [copy.copy(x).data_ptr() == x.data_ptr(), deep.data_ptr() == x.data_ptr(), type(copy.copy(w)).__name__]
    return [dropped, kept, shared, place(copy.deepcopy(w)), error(copy.deepcopy, x * 2)]
