"""A naive PyTorch in NumPy: eager, float64, a tape of pullbacks. Of the shim it knows PyTorch's error texts only.

A tensor is a storage and an array of positions in it, so a view of a view is one more indexing of the positions.
"""

import contextlib
import heapq
import itertools
from collections import Counter

import numpy as np

from funcgrad.torch import _texts as texts

float64 = None  # the only dtype
order = itertools.count()
mode = {"grad": True}


class Storage:
    def __init__(self, values):
        self.values, self.version = np.array(values, float).reshape(-1), 0


class Node:
    """`parents` are (edge, pullback) pairs; `saved` are (storage, version) pairs, or a number that was saved."""

    def __init__(self, parents, saved):
        self.parents, self.saved, self.order = parents, saved, next(order)
        self.hooks, self.retaining, self.freed = {}, None, False

    def pull(self, g, retain):
        if self.freed:
            raise RuntimeError(texts.BACKWARD_TWICE)
        if any(isinstance(s, tuple) and s[0].version != s[1] for s in self.saved):
            raise RuntimeError(texts.MODIFIED_IN_PLACE.partition(":")[0])
        self.freed = bool(self.saved) and not retain
        return [(edge, pull(g)) for edge, pull in self.parents]


class Tensor:
    retains_grad, grad, seen = False, None, 0

    def __init__(self, storage, positions, base=None, edge=None):
        self.storage, self.positions, self.base, self._edge = storage, positions, base, edge
        self.hooks, self.seen = {}, storage.version

    # What it is. An edge is a node, the leaf itself, or None.

    shape = property(lambda self: self.positions.shape)
    ndim = property(lambda self: self.positions.ndim)
    value = property(lambda self: self.storage.values[self.positions])
    _version = property(lambda self: self.storage.version)
    requires_grad = property(lambda self: self.edge is not None)
    is_leaf = property(lambda self: not isinstance(self.edge, Node))

    @property
    def edge(self):
        if self.base is not None and self.seen != self.storage.version and self._edge is not self:
            self.moved_to(looking_at(self.base, self.positions))
            self.seen = self.storage.version
        return self._edge

    def moved_to(self, node):
        """Change the place in the graph; hooks stay behind, a retained gradient comes along."""
        if isinstance(self._edge, Node) and self._edge.retaining is self and isinstance(node, Node):
            self._edge.retaining, node.retaining = None, self
        self._edge = node

    def is_contiguous(self):
        return self.positions.flags.c_contiguous

    def numpy(self):
        return self.value

    def detach(self):
        return Tensor(self.storage, self.positions)

    # Views.

    def look(self, positions):
        base = self if self.base is None else self.base
        edge = self.edge
        node = Node([(edge, scatter(self.shape, self.index_of(positions)))], []) if mode["grad"] and edge else None
        return Tensor(self.storage, positions, base, node)

    def index_of(self, positions):
        """Where in this tensor the given positions of the storage are."""
        places = np.zeros(self.storage.values.size, int)
        places[self.positions] = np.arange(self.positions.size).reshape(self.shape)
        return places[positions]

    def __getitem__(self, index):
        if self.ndim == 0 and not isinstance(index, tuple):
            raise IndexError(texts.SLICE_OF_SCALAR if isinstance(index, slice) else texts.INDEX_OF_SCALAR)
        if isinstance(index, tuple) and len(index) > self.ndim:
            raise IndexError(f"too many indices for tensor of dimension {self.ndim}")
        return self.look(self.positions[index])

    def view(self, shape):
        try:
            return self.look(self.positions.reshape(shape, copy=False))
        except ValueError:
            raise RuntimeError(texts.VIEW_INCOMPATIBLE) from None

    def reshape(self, shape):
        try:
            return self.view(shape)
        except RuntimeError:
            return made(self.value.reshape(shape), [(self, lambda g: g.reshape(self.shape), [])])

    def t(self):
        if len(self.shape) > 2:
            raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {len(self.shape)}D")
        return self.look(self.positions.T)

    def unsqueeze(self, dim):
        return self.look(np.expand_dims(self.positions, dim))

    def expand(self, *shape):
        for back, length in enumerate(self.shape[::-1], 1):
            if back > len(shape):
                raise RuntimeError("expand(torch.DoubleTensor{")
            if length not in (1, shape[-back]):
                raise RuntimeError(
                    f"The expanded size of the tensor ({shape[-back]}) must match the existing size ({length})"
                )
        return self.look(np.broadcast_to(self.positions, shape))

    # In-place changes.

    def check_writable(self, others, fills=False):
        if mode["grad"] and any(isinstance(x, Tensor) and x.requires_grad for x in (self, *others)):
            if self.requires_grad and self.base is not None and self.base.is_leaf:
                raise RuntimeError(texts.LEAF_VIEW_IN_PLACE)
            if self.requires_grad and self.is_leaf:
                raise RuntimeError(texts.LEAF_IN_PLACE)
        if not fills and np.unique(self.positions).size < self.positions.size:
            raise RuntimeError(texts.OVERLAPPING_WRITE)

    def assign(self, new):
        """Take over a new tensor's values and its place in the graph."""
        if new.shape != self.shape:
            raise RuntimeError(
                f"output with shape {list(self.shape)} doesn't match the broadcast shape {list(new.shape)}"
            )
        node, before = new.edge, self.edge
        self.storage.values[self.positions] = new.value
        self.storage.version += 1
        if node is not None:
            node.saved = [(self.storage, self._version) if s == (new.storage, 0) else s for s in node.saved]
        if mode["grad"] and self.base is None and before is not self:
            self.moved_to(node)
        elif mode["grad"] and self.base is not None and (node or self.base.edge):
            self.base.moved_to(written(self.base, self.positions, node))
        return self

    def __setitem__(self, index, new):
        target = self[index]
        new = new if isinstance(new, Tensor) else tensor(new)
        while new.ndim > target.ndim and new.shape[0] == 1:
            new = new[0]
        if new.ndim > target.ndim:
            raise RuntimeError(
                f"expand(torch.DoubleTensor{{{list(new.shape)}}}, size={list(target.shape)}): the number"
            )
        for dim in range(1, new.ndim + 1):
            if new.shape[-dim] not in (1, target.shape[-dim]):
                raise RuntimeError(
                    f"The expanded size of the tensor ({target.shape[-dim]}) must match the existing size"
                )
        target.copy_(new)

    def zero_(self):
        self.check_writable([], fills=True)
        return self.assign(made(np.zeros(self.shape), [(self, lambda g: 0 * g, [])]))

    # Backward.

    def retain_grad(self):
        if not self.requires_grad:
            raise RuntimeError(texts.RETAIN_WITHOUT_GRAD)
        if not self.is_leaf and not self.retains_grad:
            self.retains_grad, self.edge.retaining = True, self

    def register_hook(self, hook):
        if not self.requires_grad:
            raise RuntimeError(texts.HOOK_WITHOUT_GRAD)
        hooks, key = self.edge.hooks, object()
        hooks[key] = hook
        return Handle(hooks, key)

    def backward(self, seed=None, retain_graph=False):
        if not self.requires_grad:
            raise RuntimeError(texts.NO_GRAPH.format(0))
        if seed is None and self.positions.size != 1:
            raise RuntimeError(texts.NON_SCALAR_BACKWARD)
        walk(self.edge, np.ones(self.shape), retain_graph)

    def accumulate(self, g):
        if self.grad is None:
            self.grad = tensor(g)
        else:
            self.grad.storage.values[self.grad.positions] += g
            self.grad.storage.version += 1

    def __setattr__(self, name, value):
        if name == "grad" and value is not None and value.shape != self.shape:
            raise RuntimeError(texts.WRONG_GRAD_SIZE.format(list(value.shape), list(self.shape)))
        super().__setattr__(name, value)


class Handle:
    def __init__(self, hooks, key):
        self.remove = lambda: hooks.pop(key, None)


def walk(root, seed, retain):
    """Deliver gradients, youngest node first; a leaf acts when its last gradient has come."""
    uses, stack, seen = Counter([root] if isinstance(root, Tensor) else []), [root], {root}
    while stack:
        for edge, _ in stack.pop().parents if isinstance(stack[-1], Node) else stack.pop() and ():
            uses[edge] += isinstance(edge, Tensor)
            if edge not in seen:
                seen.add(edge)
                stack.append(edge)
    arrived, ready = {}, []

    def send(edge, g):
        if edge not in arrived and isinstance(edge, Node):
            heapq.heappush(ready, (-edge.order, edge))
        arrived[edge] = arrived[edge] + g if edge in arrived else g
        if isinstance(edge, Tensor):
            uses[edge] -= 1
            if uses[edge] == 0:
                edge.accumulate(hooked(edge, arrived[edge]))

    send(root, seed)
    while ready:
        node = heapq.heappop(ready)[1]
        g = hooked(node, arrived.pop(node))
        if node.retaining is not None:
            x = node.retaining
            x.grad = tensor(g if x.grad is None else x.grad.value + g)
        for edge, gradient in node.pull(g, retain):
            send(edge, gradient)


def hooked(place, g):
    for hook in list(place.hooks.values()):
        replaced = hook(tensor(g))
        g = g if replaced is None else replaced.value
    return g


# Making tensors.


def tensor(values, dtype=None, requires_grad=False):
    storage = Storage(values)
    x = Tensor(storage, np.arange(storage.values.size).reshape(np.shape(values)))
    x._edge = x if requires_grad else None
    return x


def made(values, parents):
    """A result. Each parent is (operand, pullback, what that pullback saves: tensors, numbers, or RESULT)."""
    x = tensor(values)
    if mode["grad"]:
        tracked = [(p.edge, pull, saves) for p, pull, saves in parents if isinstance(p, Tensor) and p.requires_grad]
        saved = [x if s is RESULT else s for _, _, saves in tracked for s in saves]
        saved = [(s.storage, s._version) if isinstance(s, Tensor) else s for s in saved]
        x._edge = Node([(edge, pull) for edge, pull, _ in tracked], saved) if tracked else None
    return x


def scatter(shape, index):
    def pull(g):
        total = np.zeros(int(np.prod(shape)))
        np.add.at(total, index, g)
        return total.reshape(shape)

    return pull


def looking_at(base, positions):
    return None if base.edge is None else Node([(base.edge, scatter(base.shape, base.index_of(positions)))], [])


def written(base, positions, node):
    """The node of a base of which a part was overwritten."""
    index = base.index_of(positions)
    keep = np.ones(base.shape)
    keep.reshape(-1)[index] = 0
    parents = [(base.edge, lambda g: g * keep), (node, lambda g: g.reshape(-1)[index])]
    return Node([(edge, pull) for edge, pull in parents if edge is not None], [])


RESULT = object()


def fit(x):
    """Sum a gradient over the dimensions that broadcasting added."""

    def pull(g):
        shape = x.shape if isinstance(x, Tensor) else ()
        g = g.sum(tuple(range(g.ndim - len(shape))))
        return g.sum(tuple(d for d, n in enumerate(shape) if n == 1 != g.shape[d]), keepdims=True)

    return pull


def value_of(x):
    return x.value if isinstance(x, Tensor) else x


def binary(function, of_x, of_y, saves_x, saves_y):
    def call(x, y):
        a, b = value_of(x), value_of(y)
        for back in range(1, min(np.ndim(a), np.ndim(b)) + 1):
            m, n = a.shape[-back], b.shape[-back]
            if m != n and 1 not in (m, n):
                raise RuntimeError(
                    f"The size of tensor a ({m}) must match the size of tensor b ({n}) at non-singleton dimension "
                    f"{max(a.ndim, b.ndim) - back}"
                )
        operands = {"x": x, "y": y}
        with np.errstate(all="ignore"):
            result = function(a, b)
        return made(
            result,
            [
                (x, lambda g: fit(x)(of_x(g, a, b) + np.zeros(g.shape)), [operands[name] for name in saves_x]),
                (y, lambda g: fit(y)(of_y(g, a, b) + np.zeros(g.shape)), [operands[name] for name in saves_y]),
            ],
        )

    return call


def unary(function, of_input, saves_result=True):
    """`of_input(g, x, y)` for the result y."""

    def call(x):
        a = x.value
        b = function(a)
        return made(
            b, [(x, lambda g: of_input(g, a, b), [RESULT if saves_result else x] if saves_result is not None else [])]
        )

    return call


def matmul(x, y):
    a, b = x.value, y.value
    if a.shape[1] != b.shape[0]:
        if b.ndim == 1:
            raise RuntimeError(
                f"size mismatch, got input ({a.shape[0]}), mat ({a.shape[0]}x{a.shape[1]}), vec ({b.size})"
            )
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({a.shape[0]}x{a.shape[1]} and {b.shape[0]}x{b.shape[1]})"
        )
    return made(
        a @ b,
        [
            (x, lambda g: np.outer(g, b) if b.ndim == 1 else g @ b.T, [y]),
            (y, lambda g: a.T @ g, [x]),
        ],
    )


UNARY = {
    "relu": unary(lambda x: np.maximum(x, 0), lambda g, x, y: g * (y > 0)),
    "tanh": unary(np.tanh, lambda g, x, y: g * (1 - y * y)),
    "exp": unary(np.exp, lambda g, x, y: g * y),
    "neg": unary(np.negative, lambda g, x, y: -g, None),
    "clone": unary(np.copy, lambda g, x, y: g, None),
    "sum": unary(np.sum, lambda g, x, y: np.broadcast_to(g, x.shape), None),
    "mean": unary(np.mean, lambda g, x, y: np.broadcast_to(g / x.size, x.shape), None),
    "square": unary(np.square, lambda g, x, y: 2 * g * x, False),
}
BINARY = {
    "add": binary(np.add, lambda g, a, b: g, lambda g, a, b: g, "", ""),
    "sub": binary(np.subtract, lambda g, a, b: g, lambda g, a, b: -g, "", ""),
    "mul": binary(np.multiply, lambda g, a, b: g * b, lambda g, a, b: g * a, "y", "x"),
    "div": binary(np.divide, lambda g, a, b: g / b, lambda g, a, b: -g * a / b / b, "y", "xy"),
    "copy": binary(lambda a, b: b + 0 * a, lambda g, a, b: 0 * g, lambda g, a, b: g, "", ""),
}


def in_place(call):
    def method(self, *others):
        self.check_writable(others)
        return self.assign(call(self, *others))

    return method


for name, call in {**UNARY, **BINARY}.items():
    globals()[name] = call
    setattr(Tensor, name, call)
    setattr(Tensor, f"{name}_", in_place(call))
Tensor.__mul__ = Tensor.__rmul__ = Tensor.mul
Tensor.__add__, Tensor.__matmul__ = Tensor.add, matmul


def ones_like(x):
    return tensor(np.ones(x.shape))


@contextlib.contextmanager
def no_grad():
    before, mode["grad"] = mode["grad"], False
    try:
        yield
    finally:
        mode["grad"] = before


class optim:  # noqa: N801 (PyTorch's name)
    class SGD:
        def __init__(self, params, lr, momentum):
            self.params, self.lr, self.momentum, self.buffers = params, lr, momentum, {}

        def zero_grad(self, set_to_none):
            for p in self.params:
                if set_to_none or p.grad is None:
                    p.grad = None
                else:
                    p.grad.zero_()

        def step(self):
            with no_grad():
                for p in self.params:
                    if p.grad is not None:
                        g = p.grad.value
                        self.buffers[p] = g.copy() if p not in self.buffers else self.momentum * self.buffers[p] + g
                        p.sub_(tensor(self.lr * self.buffers[p]))
