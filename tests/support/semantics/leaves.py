"""Leaves and what requires a gradient, items 1 to 12."""

from graph_facts import place
from scenarios import error, warned


def item_001_what_a_user_makes_is_a_leaf(torch):
    """A tensor that the user makes is a leaf, and so is every tensor that requires no gradient, even a computed one."""
    made = [torch.tensor([1.0, 2.0], requires_grad=True), torch.ones(2), torch.ones(2) * 2]
    return [place(x) for x in made]


def item_002_results_have_a_grad_fn(torch):
    """The result of an operator on a tensor that requires grad is no leaf; its `grad_fn` is named like `MulBackward0`."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    one_operator = [x * 2, 2 + x, x - 1, x / x, -x, x**2, x.exp(), x.sum(), x.mean(), x.relu(), x.reshape(2, 1), x[0]]
    return [[place(y), type(y.grad_fn).__name__, repr(y)] for y in one_operator]


def item_003_a_cast_leaf_is_no_leaf(torch):
    """Casting a leaf gives a result of an operator; casting to its own dtype gives the same object."""
    x = torch.ones(2, requires_grad=True)
    cast = [torch.ones(2, requires_grad=True).double(), x.to(torch.float64), x.half()]
    return [[[place(y), repr(y)] for y in cast], x.float() is x, x.to(torch.float32) is x, x.to("cpu") is x]


def item_004_a_parameter_shares_its_tensors_storage(torch):
    """A Parameter is a leaf that requires grad, whatever its tensor was, and shares its tensor's storage."""
    shown = []
    computed = torch.ones(2, requires_grad=True) * 2
    for given in (torch.ones(2), computed, torch.ones(2, requires_grad=True)):
        parameter = torch.nn.Parameter(given)
        with torch.no_grad():
            parameter[0] = 7.0
        shown.append([place(parameter), given.tolist(), parameter.data_ptr() == given.data_ptr(), parameter is given])
    return [shown, place(torch.nn.Parameter(torch.ones(2), requires_grad=False)), place(computed)]


def item_005_integers_cannot_require_grad(torch):
    """Integer and bool tensors cannot require grad; the function and the method have a text each."""
    return [
        error(torch.tensor, [1, 2], requires_grad=True),
        error(torch.tensor, [True], requires_grad=True),
        error(torch.nn.Parameter, torch.tensor([1, 2])),
        error(torch.tensor([1, 2]).requires_grad_),
        error(torch.tensor([True]).requires_grad_),
        error(setattr, torch.tensor([1, 2]), "requires_grad", True),
        place(torch.nn.Parameter(torch.tensor([1, 2]), requires_grad=False)),
        place(torch.tensor([1, 2]).requires_grad_(False)),
    ]


def item_006_a_non_leaf_cannot_stop_requiring_grad(torch):
    """On a non-leaf neither the method nor the attribute can switch `requires_grad` off; the text advises detach."""
    y = torch.ones(2, requires_grad=True) * 2
    return [error(y.requires_grad_, False), error(setattr, y, "requires_grad", False), place(y)]


def item_007_a_non_leaf_may_be_told_that_it_requires_grad_by_the_method(torch):
    """On a non-leaf, setting the attribute to True raises a shorter text, and the method accepts True."""
    y = torch.ones(2, requires_grad=True) * 2
    return [error(setattr, y, "requires_grad", True), y.requires_grad_(True) is y, place(y)]


def item_008_freezing_a_leaf_leaves_graphs_and_gradients(torch):
    """Freezing a leaf alters no graph that was built from it and does not clear its `.grad`."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (x * 3).sum().backward()
    grad, y = x.grad, x * 3
    x.requires_grad = False
    shown = [place(x), place(y), x.grad is grad, place(x * 3)]
    x.requires_grad_()
    y.sum().backward()
    return [shown, x.grad is grad, grad.tolist()]


def item_009_a_retained_gradient(torch):
    """`retain_grad()` fills a non-leaf's `.grad`, which accumulates; it does nothing on a leaf and needs a graph."""
    x = torch.tensor([1.0], requires_grad=True)
    y = x * 2
    before = y.retains_grad
    y.retain_grad()
    y.retain_grad()
    shown = []
    for _ in range(2):
        (y * 3).sum().backward(retain_graph=True)
        shown.append([y.grad.tolist(), x.grad.tolist()])
    x.retain_grad()
    constant = torch.ones(1)
    return [before, y.retains_grad, shown, x.retains_grad, error(constant.retain_grad), constant.retains_grad]


def item_010_a_retained_gradient_sees_every_hook(torch):
    """The retained gradient is what the hooks made of it, whether hook or `retain_grad` came first."""
    shown = []
    for hook_first in (True, False):
        x = torch.tensor([1.0], requires_grad=True)
        y = x * 2
        acts = [lambda y=y: y.register_hook(lambda g: g * 10), y.retain_grad]
        for act in acts if hook_first else acts[::-1]:
            act()
        (y * 3).sum().backward()
        shown.append([y.grad.tolist(), x.grad.tolist()])
    return shown


def item_011_reading_the_gradient_of_a_non_leaf(torch):
    """`.grad` of a non-leaf is None and reading it warns; a retained one is read without a warning."""
    y = torch.ones(2, requires_grad=True) * 2
    texts = warned(lambda: y.grad)
    silent = [warned(lambda: torch.ones(2).grad), warned(lambda: torch.ones(2, requires_grad=True).grad)]
    y.retain_grad()
    return [texts, silent, warned(lambda: y.grad), y.grad is None]


def item_012_a_leaf_made_under_no_grad(torch):
    """A leaf made under `no_grad` still requires grad; results of operators there do not."""
    with torch.no_grad():
        leaves = [
            torch.nn.Parameter(torch.ones(2)),
            torch.ones(2, requires_grad=True),
            torch.tensor([1.0], requires_grad=True),
            torch.ones(2).requires_grad_(),
            torch.nn.Linear(1, 1).weight,
        ]
        results = [leaf * 2 for leaf in leaves]
    return [[place(x) for x in leaves], [place(y) for y in results], [place(leaf * 2) for leaf in leaves]]
