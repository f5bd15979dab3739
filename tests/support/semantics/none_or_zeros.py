"""When a gradient is None and when it is zeros, items 13 to 18."""

from graph_facts import place
from scenarios import error


def item_013_a_gradient_is_none_until_backward(torch):
    """`.grad` is None until a backward reaches the tensor; the forward pass does not set it."""
    x = torch.tensor([1.0], requires_grad=True)
    shown = [x.grad is None]
    loss = (x * 2).sum()
    shown.append(x.grad is None)
    loss.backward()
    return [shown, x.grad.tolist()]


def item_014_zeros_for_a_zero_derivative_and_none_for_no_part(torch):
    """A tensor that took part with a zero derivative gets zeros; one that took no part stays None."""
    x, u, v = (torch.tensor([1.0, 2.0], requires_grad=True) for _ in range(3))
    v * 2
    (x * 0 + u * 0).sum().backward()
    return [repr(x.grad), repr(u.grad), repr(v.grad)]


def item_015_a_gradient_has_no_graph(torch):
    """A stored gradient requires no grad and is a leaf, unless backward was told to create a graph."""
    x, y = (torch.tensor([3.0], requires_grad=True) for _ in range(2))
    (x * x).sum().backward()
    (y * y).sum().backward(create_graph=True)
    shown = [place(x.grad), place(y.grad), repr(x.grad), repr(y.grad)]
    y.grad = None
    return shown


def item_016_a_gradient_has_its_leafs_shape_and_dtype(torch):
    """A gradient has its leaf's shape and dtype: broadcast dimensions are summed, mixed dtypes cast back."""
    row = torch.ones(1, 3, requires_grad=True)
    column = torch.ones(2, 1, requires_grad=True, dtype=torch.float64)
    low = torch.ones(3, requires_grad=True, dtype=torch.bfloat16)
    scalar = torch.tensor(1.0, requires_grad=True, dtype=torch.float16)
    (row * column * low * scalar).sum().backward()
    return [[list(x.grad.shape), str(x.grad.dtype), x.grad.tolist()] for x in (row, column, low, scalar)]


def item_017_deleting_is_setting_none(torch):
    """`del x.grad` is `x.grad = None`; zeroing a gradient that is None is an AttributeError."""
    shown = []
    for forget in (lambda x: delattr(x, "grad"), lambda x: setattr(x, "grad", None)):
        x = torch.tensor([1.0], requires_grad=True)
        (x * 2).sum().backward()
        forget(x)
        shown.append([x.grad is None, error(lambda x=x: x.grad.zero_())])
        forget(x)
        (x * 2).sum().backward()
        shown.append(x.grad.tolist())
    return shown


def item_018_an_empty_leaf_gets_an_empty_gradient(torch):
    """A leaf without elements gets an empty gradient, not None."""
    x, matrix = torch.zeros(0, requires_grad=True), torch.zeros(0, 3, requires_grad=True)
    (x.sum() + matrix.sum()).backward()
    return [repr(x.grad), repr(matrix.grad)]
