"""Subclasses of `Tensor`, and objects that take functions over: of which class results are, and what is asked."""

from __future__ import annotations

import operator
from functools import partial

from scenarios import error, scenarios_in


def _classes(torch):
    class K(torch.Tensor):
        pass

    class Heard(torch.Tensor):
        heard = None

        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            cls.heard.append([func.__name__, [kind.__name__ for kind in types], len(args)])
            return super().__torch_function__(func, types, args, kwargs)

    return K, Heard


def _shown(x):
    return [type(x).__name__, repr(x)]


MADE = {
    "as_subclass": lambda torch, K: torch.ones(2).as_subclass(K),
    "of a leaf": lambda torch, K: torch.ones(2, requires_grad=True).as_subclass(K),
    "back": lambda torch, K: K([1.0]).as_subclass(torch.Tensor),
    "make": lambda torch, K: torch.Tensor._make_subclass(K, torch.ones(2), True),
    "make without": lambda torch, K: torch.Tensor._make_subclass(K, torch.ones(2)),
    "sequence": lambda torch, K: K([1.0, 2.0]),
    "sizes": lambda torch, K: K(2, 0),
    "nothing": lambda torch, K: K(),
    "long": lambda torch, K: torch.arange(30.0).as_subclass(K),
}


def item_001_how_one_is_made(torch):
    K, _ = _classes(torch)
    return {name: _shown(make(torch, K)) for name, make in MADE.items()}


def item_002_what_is_refused(torch):
    K, _ = _classes(torch)
    x, make = torch.ones(2), torch.Tensor._make_subclass
    return [
        error(x.as_subclass, 3),
        error(x.as_subclass, int),
        error(make, 3, x),
        error(make, int, x),
        error(make, K, [1]),
    ]


def item_003_memory_and_graph_are_shared(torch):
    K, _ = _classes(torch)
    x = torch.ones(2)
    k, m = x.as_subclass(K), torch.Tensor._make_subclass(K, x)
    k[0] = 5.0
    m[1] = 7.0
    w = torch.ones(2, requires_grad=True)
    (w.as_subclass(K) * torch.tensor([2.0, 3.0])).sum().backward()
    return [x.tolist(), k.tolist(), m.tolist(), w.grad.tolist(), type(w.grad).__name__]


RESULTS = {
    **{
        name: partial(getattr(operator, name)) for name in ("add", "sub", "mul", "truediv", "pow", "eq", "lt", "matmul")
    },
    "reflected": lambda x, y: 2 - x,
    "plain first": lambda x, y: y + x,
    "inplace": lambda x, y: operator.iadd(x.clone(), y),
    "plain in place": lambda x, y: operator.iadd(y, x),
    "method": lambda x, y: x.sum(),
    "index": lambda x, y: x[0],
    "split": lambda x, y: x.split(1)[0],
    "max": lambda x, y: x.max(0).indices,
    "iterated": lambda x, y: next(iter(x)),
    "listed": lambda x, y: x.tolist(),
    "transposed": lambda x, y: x.reshape(1, 2).T,
    "data": lambda x, y: x.data,
    "grad": lambda x, y: x.grad,
    "shape": lambda x, y: x.shape,
}
FUNCTIONS = {
    "sum": lambda torch, x, y: torch.sum(x),
    "cat": lambda torch, x, y: torch.cat([y, x]),
    "zeros_like": lambda torch, x, y: torch.zeros_like(x),
    "tensor": lambda torch, x, y: torch.tensor(x.tolist()),
    "relu": lambda torch, x, y: torch.nn.functional.relu(x),
    "norm": lambda torch, x, y: torch.linalg.norm(x),
    "fft": lambda torch, x, y: torch.fft.fft(x),
    "layer": lambda torch, x, y: torch.nn.Linear(2, 2)(x).shape,
    "layer's class": lambda torch, x, y: type(torch.nn.Linear(2, 2)(x)).__name__,
    "Tanh": lambda torch, x, y: torch.nn.Tanh()(x),
    "MSELoss": lambda torch, x, y: torch.nn.MSELoss()(x, y),
    "parameter": lambda torch, x, y: torch.nn.Parameter(y) * 2,
    "buffer": lambda torch, x, y: torch.nn.Buffer(y) * 2,
}


def item_004_results_are_of_the_class(torch):
    K, _ = _classes(torch)

    def of(call, *first):
        return _shown(call(*first, K([1.0, 2.0]), torch.ones(2)))

    return {name: of(call) for name, call in RESULTS.items()} | {n: of(call, torch) for n, call in FUNCTIONS.items()}


def item_005_what_a_class_is_told(torch):
    _, Heard = _classes(torch)

    def heard(call, *first):
        x, y = torch.tensor([1.0, 2.0]).as_subclass(Heard), torch.ones(2)
        Heard.heard = []
        call(*first, x, y)
        return Heard.heard

    quiet = ("relu", "pow", "MSELoss", "layer", "layer's class")  # told with more, or other, arguments
    calls = {n: heard(call) for n, call in RESULTS.items() if n not in quiet}
    return calls | {n: heard(call, torch) for n, call in FUNCTIONS.items() if n not in quiet}


def item_006_overriding_is_switched_off(torch):
    K, _ = _classes(torch)

    class Off(torch.Tensor):
        __torch_function__ = torch._C._disabled_torch_function_impl

    class Weight(torch.nn.Parameter):
        pass

    k = K([1.0])
    has = torch.overrides.has_torch_function
    with torch._C.DisableTorchFunctionSubclass():
        inside = [type(k * 2).__name__, has((k,))]
    return [
        inside,
        has((k,)),
        has((torch.ones(1), 3)),
        has((torch.nn.Parameter(torch.ones(1)),)),
        _shown(Off([1.0]) * 2),
        _shown(Weight(torch.ones(1))),
        _shown(Weight(torch.ones(1)) * 2),
    ]


def item_007_classes_that_do_not_know_each_other(torch):
    K, _ = _classes(torch)

    class Sub(K):
        pass

    class Other(torch.Tensor):
        pass

    class Never(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return NotImplemented

    k, sub, other, never = (kind([1.0]) for kind in (K, Sub, Other, Never))
    named = {repr(kind): kind.__name__ for kind in (K, Other, Never)}

    def text(call, *args):
        kind, said = error(call, *args)
        for long, short in named.items():
            said = said.replace(long, short)
        return [kind, said]

    return [
        [type(k * sub).__name__, type(sub * k).__name__],
        text(operator.mul, k, other),
        text(torch.add, k, other),
        text(torch.add, never, 1),
        text(torch.Tensor.add, never, 1),
        text(operator.add, never, 1),
        text(lambda: never.shape),
        text(torch.nn.functional.relu, never),
    ]


def item_008_objects_take_functions_over(torch):
    class Diagonal:
        def __init__(self, n, value):
            self.n, self.value = n, value

        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            if func not in table or not all(issubclass(kind, (torch.Tensor, cls)) for kind in types):
                return NotImplemented
            return table[func](*args, **(kwargs or {}))

    table = {
        torch.mean: lambda x: x.value / x.n,
        torch.matmul: lambda a, b: ["matmul", type(a).__name__, type(b).__name__],
        torch.Tensor.add: lambda a, b, alpha=1: ["Tensor.add", type(a).__name__, alpha],
        torch.cat: lambda parts, dim=0: len(parts),
    }
    d = Diagonal(4, 2.0)

    def own(x):
        if torch.overrides.has_torch_function((x,)):
            return torch.overrides.handle_torch_function(own, (x,), x)
        return "plain"

    table[own] = lambda x: "own"
    return [
        torch.mean(d),
        torch.matmul(torch.ones(2), d),
        torch.ones(2) + d,
        torch.ones(2).add(d, alpha=2),
        torch.cat([torch.ones(1), d]),
        own(d),
        own(torch.ones(1)),
        error(torch.sum, d)[0],
        torch.overrides.is_tensor_like(d),
        torch.overrides.is_tensor_like(3),
    ]


def item_009_meta_data_are_kept_by_the_class_itself(torch):
    class Named(torch.Tensor):
        def __new__(cls, data, title=None):
            made = super().__new__(cls, data)
            made.title = title
            return made

        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            result = super().__torch_function__(func, types, args, kwargs)
            if isinstance(result, Named):
                result.title = next(getattr(x, "title", "none") for x in args if isinstance(x, Named))
            return result

    x = Named([1.0, 2.0], "first")
    return [((x * 2) + 1).title, x.sqrt().title, torch.exp(x).title, repr(x * 2)]


def item_010_boxes_are_rewrapped_where_asked(torch):
    class Box(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            with torch._C.DisableTorchFunctionSubclass():
                made = func(*args, **(kwargs or {}))
            return made.as_subclass(cls) if func in {torch.Tensor.clone, torch.Tensor.to} else made

    box = torch.ones(2).as_subclass(Box)
    return [type(x).__name__ for x in (box, box.clone(), box.to(torch.float64), box * 2, box + box, box.sum())]


SCENARIOS = scenarios_in(globals())
