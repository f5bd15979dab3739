"""detach, `.data`, views, in-place changes and versions, items 60 to 71."""

import numpy as np
from graph_facts import node, place
from scenarios import error, warned


def _leaf(torch, *values):
    return torch.tensor(values, requires_grad=True)


def item_060_detach_and_data_share_the_storage(torch):
    """`detach()` and `.data` share the storage; writes through `.data` are not counted, so backward uses the new value."""
    shown = []
    for other_of in (lambda x: x.detach(), lambda x: x.data):
        x = _leaf(torch, 2.0, 3.0)
        cubes = (x**3 * x.exp().detach()).sum()
        other = other_of(x)
        other[0] = 10.0
        shared = [x.tolist(), other.data_ptr() == x.data_ptr(), place(other), other is x]
        shown.append([shared, x._version, other._version, error(cubes.backward)])
    x = _leaf(torch, 2.0)
    loss = (x**3).sum() + (2 * x * x).sum()
    x.data.mul_(5.0)
    loss.backward()
    return [shown, x.grad.tolist(), _after_writes_to_what_is_saved(torch)]


def _after_writes_to_what_is_saved(torch):
    """The gradient of x where an operand without graph, an operand with one, or a result is written to."""
    found = []
    for which in range(3):
        x, factor = _leaf(torch, 1.0, 2.0), torch.ones(2)
        middle = (x * 2).exp()
        y = middle * middle * factor
        (factor, middle, y)[which].data.fill_(5.0)
        y.sum().backward()
        found.append(x.grad.tolist())
    return found


def item_061_setting_data_rebinds_the_storage(torch):
    """`x.data = new` gives x another storage, earlier aliases keep the old; `detach_()` makes a non-leaf a leaf."""
    x = _leaf(torch, 1.0, 2.0)
    alias, new, version = x.detach(), torch.tensor([8.0, 9.0]), x._version
    x.data = new
    new[0] = 7.0
    alias[1] = 5.0
    shown = [x.tolist(), alias.tolist(), place(x), x.data_ptr() == new.data_ptr(), x._version - version]
    x.data = torch.ones(3)
    y = x * 2
    same = y.detach_() is y
    return [shown, x.tolist(), same, place(y), error(x.data.numpy), error(setattr, x, "data", [1.0])]


def item_062_clone_is_differentiable(torch):
    """`clone()` is differentiable, `clone().detach()` is not; both have storages of their own."""
    x = _leaf(torch, 1.0, 2.0)
    y, z = x.clone(), x.clone().detach()
    z[0] = 9.0
    (y * y).sum().backward()
    return [repr(y), repr(z), place(z), x.tolist(), x.grad.tolist(), y.data_ptr() == x.data_ptr()]


def item_063_a_leaf_refuses_in_place_changes(torch):
    """A leaf that requires grad and its views refuse in-place changes, except under no_grad, detached or as `.data`."""
    x = _leaf(torch, 1.0, 2.0)
    refused = [
        error(x.add_, 1),
        error(x.zero_),
        error(x.copy_, torch.ones(2)),
        error(x.__setitem__, 0, 5.0),
        error(x.view(2).mul_, 2),
        error(x[0].fill_, 5.0),
    ]
    shown = [x.tolist(), x._version]
    with torch.no_grad():
        x.add_(1)
        x[0] = 5.0
        x -= 0.5
    shown += [x.tolist(), place(x), x._version]
    x.detach().mul_(2)
    x.data.add_(1)
    return [refused, shown, x.tolist(), place(x), x._version]


def item_064_an_update_that_rebinds_loses_the_leaf(torch):
    """`w = w - lr * w.grad` outside no_grad leaves a non-leaf, whose `.grad` reads None with a warning."""
    w = _leaf(torch, 1.0)
    (w * w).sum().backward()
    w = w - 0.1 * w.grad
    (w * w).sum().backward()
    return [place(w), w.tolist(), w.grad is None, warned(lambda: w.grad)]


def item_065_a_saved_tensor_was_changed(torch):
    """backward refuses a saved tensor that was changed in place, and names its dtype, shape, maker and versions."""
    x = torch.ones(3, requires_grad=True)
    makers = [
        lambda: (x.exp(), 0),
        lambda: (x.sigmoid(), 0),
        lambda: (x.relu(), 0),
        lambda: (x.double().exp(), 0),
        lambda: ((x * 2).view(3, 1).tanh(), 0),
        lambda: (torch.stack([x, x]).exp(), 0),
        lambda: (x.exp(), 1),
    ]
    texts = []
    for make in makers:
        y, more = make()
        loss = (y * 1).sum()
        for _ in range(1 + more):
            y.add_(1)
        texts.append(error(loss.backward))
    leaf, plain = _leaf(torch, 1.0, 2.0), torch.tensor([3.0, 4.0])
    loss, other = (leaf * leaf).sum(), (leaf * plain).sum()
    with torch.no_grad():
        leaf.mul_(2)
    plain.zero_()
    return [texts, error(loss.backward), error(other.backward), leaf.grad is None]


def item_066_only_what_was_saved_counts(torch):
    """Only what an operator saved counts: exp saves its result, sin its input; a step changes each parameter's version."""
    x = _leaf(torch, 1.0, 2.0)
    allowed, doubled = x.sin(), x + 1
    allowed.mul_(2)
    loss = doubled.sum()
    doubled.mul_(3)
    y = x.exp()
    late = y.sum()
    y.mul_(2)
    outcomes = [error(allowed.sum().backward), error(loss.backward), error(late.backward), x.grad.tolist()]
    w = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    for kind in (torch.optim.SGD, torch.optim.Adam):
        optimizer, loss = kind([w], lr=0.5), (w * w).sum()
        before = w._version
        loss.backward(retain_graph=True)
        optimizer.step()
        outcomes.append([w._version - before, error(loss.backward)])
    return outcomes


def item_067_in_place_changes_reroute_the_graph(torch):
    """An in-place change of a non-leaf re-routes its graph; a plain tensor that receives such a value joins the graph."""
    x = _leaf(torch, 1.0, 2.0, 3.0)
    y = x * 2
    y[0] = 0.0
    y.add_(x)
    y[1:].mul_(x[:2])
    (y * y).sum().backward()
    first = [repr(y), x.grad.tolist(), y.is_leaf]
    z = torch.zeros(3)
    z[1] = x[2]
    place_after = place(z)
    x.grad = None
    (z * torch.tensor([1.0, 10.0, 100.0])).sum().backward()
    return [first, place_after, repr(z), x.grad.tolist()]


def _strides_of_a_transpose(torch):
    x = torch.arange(6.0).view(2, 3)
    return [error(x.t().view, 6), x.t().reshape(6).tolist(), x.t().is_contiguous(), error(x[:, :2].view, -1)]


def item_068_views_alias(torch):
    """Writing a view writes its base; on a non-leaf the base's graph follows; a view must fit the strides."""
    t = torch.zeros(2, 3)
    s, row = t.view(3, 2), t[1]
    s[0, 1] = 4.0
    row[1:] += 2.0
    t.t()[0] = 7.0
    based = [s._base is t, row._base is t, row[1:]._base is t, t._base is None, s._version, t._version]
    x = torch.ones(4, requires_grad=True)
    y = x * 3
    part = y[1:3]
    part.mul_(x[2:] * 5)
    (y * torch.arange(4.0)).sum().backward()
    graphs = [node(y), node(part), node(y[1:]), y.tolist(), part.tolist(), x.grad.tolist()]
    return [t.tolist(), based, graphs, _strides_of_a_transpose(torch)]


def item_069_an_expanded_tensor_refuses_writes(torch):
    """An expanded tensor, whose elements share memory, refuses in-place arithmetic; its clone does not."""
    wide = torch.ones(1, 3).expand(2, 3)
    refused = [error(wide.add_, 1), error(wide.mul_, torch.ones(2, 3)), error(wide.copy_, torch.ones(2, 3))]
    return [refused, wide.clone().add_(1).tolist(), wide.tolist()]


def item_070_views_that_must_not_be_written_to(torch):
    """A view made under no_grad, or one of several by split, chunk or unbind, refuses writes with grad enabled."""
    x, y = torch.ones(4, requires_grad=True), torch.ones(4, requires_grad=True) * 2
    with torch.no_grad():
        views = [x[:2], y[:2], y.view(2, 2), y.unbind()[0]]
    unrecorded = [error(view.add_, 1) for view in views]
    several = [
        error(parts[0].add_, 1)
        for parts in (y.unbind(), y.chunk(2), y.split(2), torch.unbind(y), y.split([1, 3]), torch.tensor_split(y, 2))
    ]
    with torch.no_grad():
        views[0].add_(1)
    plain = torch.zeros(4)
    plain.chunk(2)[1].add_(1)
    return [unrecorded, several, x.tolist(), plain.tolist()]


def item_071_leaving_pytorch(torch):
    """`numpy()` needs a tensor without grad; `item()`, `bool()` and `float()` need one element."""
    x, two = _leaf(torch, 1.0, 2.0), torch.ones(2)
    refused = [error(x.numpy), error(two.item), error(bool, two), error(float, two), error(int, two)]
    refused += [error(bool, torch.ones(0)), error(torch.ones(0).item), error(np.asarray, x), error(list, x.sum())]
    values = [
        float(torch.tensor([3.0])),
        int(torch.tensor(2.7)),
        bool(torch.tensor([[0.0]])),
        x.detach().numpy().tolist(),
    ]
    return [refused, values, torch.ones(2).numpy().dtype.name, two.tolist()]


def item_071_memory_shared_with_numpy(torch):
    """`from_numpy` shares memory both ways: a write to the tensor shows in the array, and the other way round."""
    array = np.array([1.0, 2.0, 3.0], np.float32)
    t = torch.from_numpy(array)
    before = t * 1
    t[0] = 10.0
    array[1] = 20.0
    return [array.tolist(), t.tolist(), before.tolist(), t[1:].sum().item()]
