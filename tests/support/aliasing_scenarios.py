"""Memory that several tensors share: what PyTorch does where a view, its base or a NumPy array is written to."""

from __future__ import annotations

import re

import numpy as np
from scenarios import error, scenarios_in


def _leaf(torch, *values):
    return torch.tensor(values, requires_grad=True)


def _list(x):
    return None if x is None else x.tolist()


def _error(call):
    kind, text = error(call)
    return [kind, re.sub(r" Hint: .*", "", text)]


WRITES = {
    "number": lambda y, z: y.__setitem__(0, 5.0),
    "value": lambda y, z: y.__setitem__(0, z[0]),
    "product": lambda y, z: y[:1].mul_(z),
    "zero": lambda y, z: y[0].zero_(),
    "turned": lambda y, z: y.view(3, 1).t().add_(1),
    "whole": lambda y, z: y.add_(1),
    "copied": lambda y, z: y.copy_(z),
    "sliced whole": lambda y, z: y.__setitem__(slice(None), 5.0),
    "untracked": lambda y, z: y.detach().add_(1),
}


def item_067_a_second_backward_through_a_write(torch):
    def twice(write):
        x, z = _leaf(torch, 1.0, 2.0, 3.0), _leaf(torch, 4.0)
        y = x.clone()
        write(y, z)
        loss = y.sum()
        loss.backward()
        return [_error(loss.backward), _list(x.grad), _list(z.grad)]

    return {name: twice(write) for name, write in WRITES.items()}


RESHAPES = {
    "squeeze": lambda x: x.squeeze_(),
    "unsqueeze": lambda x: x.unsqueeze_(0),
    "t": lambda x: x.t_(),
    "transpose": lambda x: x.transpose_(0, 1),
    "twice": lambda x: x.squeeze_().unsqueeze_(1),
}


def item_068_older_views_of_a_tensor_reshaped_in_place(torch):
    def older(reshape, pick):
        w = torch.arange(3.0).reshape(1, 3).requires_grad_()
        x = w * 2
        v, d = pick(x), x.detach()
        reshape(x)
        shown = [_list(v), _list(x), x._version]
        x.mul_(2)
        v.add_(1)
        d.mul_(3)
        (v.sum() * 2 + x.sum()).backward()
        return [*shown, _list(v), _list(x), _list(d), x._version, _list(w.grad), x.stride(), v.stride()]

    return {
        name: [older(reshape, lambda x: x[0]), older(reshape, lambda x: x[:, 1:])] for name, reshape in RESHAPES.items()
    }


def item_068_a_parameter_turned_in_place(torch):
    w = torch.ones(2, 3, requires_grad=True)
    with torch.no_grad():
        w.t_()
    (w * torch.arange(6.0).reshape(3, 2)).sum().backward()
    return [w.is_leaf, w.requires_grad, list(w.shape), w._version, _list(w.grad)]


def item_068_as_strided_of_a_view(torch):
    w = torch.arange(12.0).requires_grad_()
    x = (w * 1).view(3, 4)
    v = x[1:]
    s = v.as_strided((2, 2), (4, 1))
    s.mul_(2)
    (s * torch.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    lost = [
        _error(lambda: x.as_strided((4,), (4,))),
        _error(lambda: x.as_strided((4,), (-1,))),
        _error(lambda: x.as_strided((4,), (1, 1))),
    ]
    return [_list(s), s.storage_offset(), s.stride(), _list(x), _list(w.grad), x[1, 1].storage_offset(), lost]


def item_069_a_part_of_an_expanded_tensor(torch):
    def written(write):
        w = torch.arange(4.0).reshape(1, 4).requires_grad_()
        x = w * 1
        e = x.expand(3, 4)
        raised = _error(lambda: write(e))
        (e * torch.arange(12.0).reshape(3, 4)).sum().backward()
        return [raised, _list(x), _list(e), _list(w.grad)]

    return {
        "row": written(lambda e: e.__setitem__(1, 7.0)),
        "product": written(lambda e: e[1, :2].mul_(5)),
        "one of it": written(lambda e: e[:1].add_(3)),
        "column": written(lambda e: e.__setitem__((slice(None), 0), 7.0)),
        "all": written(lambda e: e.add_(1)),
        "filled": written(lambda e: e.fill_(torch.tensor(3.0))),
    }


OVERLAPS = {
    "shifted sum": lambda x: x[1:].add_(x[:-1]),
    "shifted copy": lambda x: x.__setitem__(slice(1, None), x[:-1]),
    "row": lambda x: x.add_(x[0]),
    "operator": lambda x: x.__isub__(x[1]),
    "element": lambda x: x.div_(x[2, 2]),
    "keyword": lambda x: x.clamp_(min=x[0, 0]),
    "turned": lambda x: x.add_(x.t()),
    "detached": lambda x: x.mul_(x.detach()[0]),
    "flat": lambda x: x.view(-1)[:4].add_(x.view(-1)[3:7]),
    "itself": lambda x: x.add_(x),
    "same place": lambda x: x[:2].add_(x.view(9)[:6].view(2, 3)),
    "apart": lambda x: x[0].add_(x[1]),
    "columns apart": lambda x: x[:, 0].add_(x[:, 1]),
    "its element": lambda x: x[0].__setitem__(0, x[0, 1]),
    "nothing": lambda x: x[:0].add_(x[0]),
}


def item_069_an_operand_in_the_memory_that_is_written(torch):
    def written(write):
        x = torch.arange(9.0).reshape(3, 3).clone()
        return [_error(lambda: write(x)), _list(x)]

    return {name: written(write) for name, write in OVERLAPS.items()}


MADE = {
    "operand": lambda w: (y := w * 2, y * y, y.add_(1))[1],
    "operand twice": lambda w: (y := w.clone(), y * y, y.mul_(3), y.exp_())[1],
    "operand in part": lambda w: (y := w * 2, y * y, y.__setitem__(0, 1.0))[1],
    "operand untracked": lambda w: (y := w * 2, y * y, y.detach().add_(1))[1],
    "operand copied": lambda w: (y := w * 2, y * y, y.copy_(w))[1],
    "result": lambda w: (y := w.exp(), y.add_(2))[0],
    "view, its base": lambda w: (y := w * 2, v := y[0], v * v, y.add_(1))[2],
    "view, itself": lambda w: (y := w * 2, v := y[0], v * v, v.add_(1))[2],
    "base, its view": lambda w: (y := w * 2, y * y, y[0].add_(1))[1],
    "view of a leaf": lambda w: (v := w[1:], v * v, w.detach().add_(1))[1],
    "plain": lambda w: ((y := w.detach() * 1), y * w, y.add_(1))[1],
    "plain no more": lambda w: ((y := w.detach() * 1), y * w, y.add_(w))[1],
    "one of two": lambda w: (y := w.clone().max(0)[0], y * y, y.detach().add_(1))[1],
}


def item_065_who_wrote_last(torch):
    return {name: _error(make(_leaf(torch, 1.0, 2.0, 3.0)).sum().backward) for name, make in MADE.items()}


HOOKED = {
    "base, view written": lambda y, v, on: (on(y, "y"), v.mul_(5), y)[-1],
    "view, view written": lambda y, v, on: (on(v, "v"), v.mul_(5), y)[-1],
    "view, view written and used": lambda y, v, on: (on(v, "v"), v.mul_(5), v)[-1],
    "view, before and after": lambda y, v, on: (on(v, "v1"), v.mul_(5), on(v, "v2"), v)[-1],
    "view, base written": lambda y, v, on: (on(v, "v"), y.mul_(5), v)[-1],
    "view, its part written": lambda y, v, on: (on(v, "v"), v[0].mul_(5), v)[-1],
    "view used, then written": lambda y, v, on: (on(v, "v"), z := v * 2, v.mul_(5), z + v)[-1],
    "both": lambda y, v, on: (on(y, "y"), on(v, "v"), v.mul_(5), y.mul_(2), y + 0)[-1],
}


def item_072_hooks_and_writes_to_views(torch):
    def run(act, keeps):
        w, seen = _leaf(torch, 1.0, 2.0, 3.0), []
        y = w * 3
        v = y[:2]

        def on(x, name):
            if keeps:
                x.retain_grad()
            x.register_hook(lambda g: seen.append([name, _list(g)]))

        act(y, v, on).sum().backward()
        kept = [_list(x.grad) if x.retains_grad else None for x in (y, v)]
        return [seen, _list(w.grad), kept]

    return {name: [run(act, False), run(act, True)] for name, act in HOOKED.items()}


def item_072_a_hook_on_a_node(torch):
    w, seen = _leaf(torch, 1.0, 2.0), []
    y = w * 3
    y.grad_fn.register_hook(lambda to, of: seen.append([_list(to[0]), _list(of[0])]))
    y.grad_fn.register_prehook(lambda of: (of[0] * 2,))
    y.sum().backward()
    return [seen, _list(w.grad)]


def item_070_operators_on_a_view_made_under_no_grad(torch):
    w = _leaf(torch, 1.0, 2.0)
    y = w * 2
    with torch.no_grad():
        v = y[:1]
    z, u = v * 3, v[0]
    z.sum().backward()
    shown = [z.requires_grad, z.grad_fn.name(), u.grad_fn.name(), v.is_leaf, v.requires_grad, repr(v), repr(z)]
    return [*shown, _list(w.grad), v.grad]


def item_070_texts(torch):
    y, plain = _leaf(torch, 1.0, 2.0, 3.0, 4.0).view(2, 2) * 2, torch.ones(2, 2)
    with torch.no_grad():
        v, p = y[:1], plain[:1]
    return [
        _error(lambda: v.mul_(2)),
        _error(lambda: v[0].mul_(2)),
        _error(lambda: p.mul_(y[:1])),
        _error(lambda: p.mul_(2)),
        _error(lambda: y.unbind(0)[1].view(2, 1).mul_(2)),
        _error(lambda: plain.unbind(0)[1].mul_(y[0])),
        _error(lambda: y.split([1, 1])[1].mul_(2)),
    ]


def item_071_numpy_looks_at_the_memory(torch):
    t, w = torch.ones(2, 3), _leaf(torch, 1.0, 2.0)
    whole, part, held = t.numpy(), t[1].numpy(), w.detach().numpy()
    t.add_(1)
    part[0] = 5
    np.add(whole, 1, out=whole)
    with torch.no_grad():
        w.mul_(3)
    return [_list(t), _list(t * 2), whole.tolist(), part.tolist(), held.tolist(), t._version]


def item_071_a_tensor_looks_at_numpys_memory(torch):
    a = np.ones(3)
    t, u = torch.from_numpy(a), torch.as_tensor(a)
    v = t[1:]
    z = v * 2
    a[:] = 7
    seen = [_list(t), _list(u), _list(v), _list(z)]
    t[1] = 5
    v.mul_(2)
    copied = torch.tensor(a)
    a[0] = -1
    return [*seen, a.tolist(), _list(copied), _list(torch.from_numpy(t.numpy()))]


SCENARIOS = scenarios_in(globals())
