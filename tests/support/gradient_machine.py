"""The state machine of gradients: anything that touches them, in any order, on the shim and on a reference at once.

After each rule both agree. The reference is anything with PyTorch's names: the eager twin, or PyTorch itself.
"""

import contextlib
import io
import sys
from typing import Any, NamedTuple

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

import funcgrad.torch as shim
from funcgrad.tolerances import tolerance
from funcgrad.trace import current, synchronize
from funcgrad.trace.verify import verify

SHAPES = st.sampled_from([(), (2,), (2, 2)])
NUMBERS = st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0])
UNARY = st.sampled_from(["relu", "tanh", "exp", "neg", "sum", "mean", "clone", "square"])
BINARY = st.sampled_from(["add", "sub", "mul", "div"])
IN_PLACE = st.sampled_from(["add_", "sub_", "mul_", "copy_"])
IN_PLACE_UNARY = st.sampled_from(["zero_", "relu_", "exp_", "neg_"])
VIEWS = {
    "x[0]": lambda x: x[0],
    "x[1:]": lambda x: x[1:],
    "x[:, 1]": lambda x: x[:, 1],
    "x.t()": lambda x: x.t(),
    "x.view(-1)": lambda x: x.view(-1),
    "x.reshape(-1)": lambda x: x.reshape(-1),
    "x.unsqueeze(0)": lambda x: x.unsqueeze(0),
    "x.expand(2, 2)": lambda x: x.expand(2, 2),
    "x.detach()": lambda x: x.detach(),
}
LARGE = 1e3  # larger values are left alone, so that no example ends in infinities
# Any order of operators may magnify rounding, so float64 numbers are held to float32's bound.
CLOSE = tolerance("float32", "gradient")


class Pair(NamedTuple):
    """One tensor in both worlds."""

    ours: Any
    theirs: Any


class Failure(NamedTuple):
    """What a call raised."""

    kind: type
    text: str


def bounded(examples, steps):
    """Settings of a run that is the same each time."""
    return settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=examples,
        stateful_step_count=steps,
        suppress_health_check=list(HealthCheck),
    )


def outcome(call, *args):
    """What a call returns, or its failure."""
    try:
        return call(*args)
    except (RuntimeError, ValueError, TypeError, AttributeError, IndexError) as error:
        return Failure(type(error), str(error))


def number(x):
    """A tensor's values, whatever library it belongs to."""
    return np.asarray(x.detach().numpy())


def gradient(x):
    """A tensor's gradient, without the warning that a non-leaf has none."""
    return x.grad if x.is_leaf or x.retains_grad else None


class GradientMachine(RuleBasedStateMachine):
    """`reference` is the other library; values are compared after each rule if `looks` is set, else now and then."""

    reference: Any
    looks = True
    tensors = Bundle("tensors")

    def __init__(self):
        super().__init__()
        self.pairs = []
        self.births = []  # versions at first sight: PyTorch may have built a result in place
        self.calls = Pair([], [])  # of hooks, in order
        self.handles = []

    # Helpers: one action in both worlds.

    def is_gradient(self, *operands):
        """Whether an operand is some tensor's `.grad`.

        A later backward pass changes it in place; whether that comes before or after a use of it in the same graph is
        an accident of the order of the walk, which the shim does not copy.
        """
        storages = {p.ours._grad._storage for p in self.pairs if p.ours._grad is not None}
        return any(isinstance(x, Pair) and x.ours._storage in storages for x in operands)

    def both(self, act, *operands):
        """Act on both sides; a failure must be the same on both."""
        ours = outcome(act, shim, *(x.ours if isinstance(x, Pair) else x for x in operands))
        theirs = outcome(act, self.reference, *(x.theirs if isinstance(x, Pair) else x for x in operands))
        if isinstance(theirs, Failure) or isinstance(ours, Failure):
            assert isinstance(theirs, Failure), f"only the shim raises {ours}"
            assert isinstance(ours, Failure), f"only the reference raises {theirs}"
            assert ours.kind is theirs.kind
            # Which of several tensors is named that were changed in place is an accident.
            text = theirs.text.partition(" modified by an inplace operation: ")[0]
            assert ours.text.startswith(text), f"{ours.text!r} is not {theirs.text!r}"
            return None
        return Pair(ours, theirs)

    def made(self, pair):
        """The result of a rule: a new tensor for the bundle, unless there is none or its values are large."""
        if pair is None or pair.theirs is None or is_large(pair):
            return multiple()
        self.pairs.append(pair)
        self.births.append(Pair(pair.ours._version, pair.theirs._version))
        return pair

    # Rules.

    @initialize(target=tensors)
    def parameters(self):
        weight = self.both(
            lambda torch: torch.tensor([[1.0, -0.5], [2.0, 0.5]], dtype=torch.float64, requires_grad=True)
        )
        bias = self.both(lambda torch: torch.tensor([0.5, -1.0], dtype=torch.float64, requires_grad=True))
        self.optimizer = self.both(lambda torch, *leaves: torch.optim.SGD(leaves, lr=0.1, momentum=0.5), weight, bias)
        return multiple(self.made(weight), self.made(bias))

    @rule(target=tensors, shape=SHAPES, fill=st.lists(NUMBERS, min_size=4, max_size=4), requires_grad=st.booleans())
    def create(self, shape, fill, requires_grad):
        values = np.resize(fill, shape).tolist()
        return self.made(
            self.both(lambda torch: torch.tensor(values, dtype=torch.float64, requires_grad=requires_grad))
        )

    @rule(target=tensors, x=tensors, name=UNARY, grad=st.sampled_from([True, True, True, False]))
    def unary(self, x, name, grad):
        if is_large(x, LARGE if name != "exp" else 3):
            return multiple()
        return self.made(self.both(lambda torch, x: within(torch, grad, getattr(x, name)), x))

    @rule(target=tensors, x=tensors, y=tensors, name=BINARY)
    def binary(self, x, y, name):
        if is_large(x) or is_large(y) or self.is_gradient(x, y):
            return multiple()
        return self.made(self.both(lambda torch, x, y: getattr(torch, name)(x, y), x, y))

    @rule(target=tensors, x=tensors, y=tensors)
    def matmul(self, x, y):
        if is_large(x) or is_large(y) or x.theirs.ndim != 2 or y.theirs.ndim == 0 or self.is_gradient(x, y):
            return multiple()
        return self.made(self.both(lambda torch, x, y: x @ y, x, y))

    @rule(target=tensors, x=tensors, c=NUMBERS)
    def scale(self, x, c):
        return multiple() if is_large(x) else self.made(self.both(lambda torch, x: c * x + c, x))

    @rule(target=tensors, x=tensors, name=st.sampled_from(sorted(VIEWS)))
    def view(self, x, name):
        if 0 in number(x.theirs).strides and name != "x.detach()":
            return multiple()  # the shim refuses to write to a part of an expanded tensor too
        if x.ours.is_contiguous() != x.theirs.is_contiguous():
            return multiple()  # PyTorch's results are transposed where their operands are, the shim's never
        return self.made(self.both(lambda torch, x: VIEWS[name](x), x))

    @rule(x=tensors, y=tensors, name=IN_PLACE, grad=st.booleans())
    def change(self, x, y, name, grad):
        if not (is_large(x) or is_large(y) or overlap(x, y) or (grad and self.is_gradient(x, y))):
            self.both(lambda torch, x, y: within(torch, grad, getattr(x, name), y), x, y)

    @rule(x=tensors, name=IN_PLACE_UNARY, grad=st.booleans())
    def change_alone(self, x, name, grad):
        if not is_large(x, LARGE if name != "exp_" else 3):
            self.both(lambda torch, x: within(torch, grad, getattr(x, name)), x)

    @rule(x=tensors, c=NUMBERS, grad=st.booleans())
    def change_by_number(self, x, c, grad):
        if not is_large(x):
            self.both(lambda torch, x: within(torch, grad, x.mul_, c), x)

    @rule(x=tensors, y=tensors | NUMBERS, grad=st.booleans())
    def set_item(self, x, y, grad):
        if not (isinstance(y, Pair) and overlap(x, y)) and 0 not in number(x.theirs).strides:
            self.both(lambda torch, x, y: within(torch, grad, x.__setitem__, 0, y), x, y)

    @rule(x=tensors, retain=st.booleans(), seeded=st.booleans())
    def backward(self, x, retain, seeded):
        def act(torch, x):
            seed = torch.ones_like(x.detach()) if seeded else None
            x.backward(seed, retain_graph=retain)

        self.both(act, x)

    @rule(x=tensors, retain=st.booleans())
    def backward_of_sum(self, x, retain):
        self.both(lambda torch, x: x.sum().backward(retain_graph=retain), x)

    @rule(to_none=st.booleans())
    def zero_grad(self, to_none):
        self.both(lambda torch, optimizer: optimizer.zero_grad(set_to_none=to_none), self.optimizer)

    @rule(x=tensors)
    def forget_grad(self, x):
        self.both(lambda torch, x: setattr(x, "grad", None), x)

    @rule(target=tensors, x=tensors)
    def take_grad(self, x):
        return self.made(self.both(lambda torch, x: gradient(x), x))

    @rule(x=tensors, y=tensors)
    def assign_grad(self, x, y):
        self.both(lambda torch, x, y: setattr(x, "grad", y.detach()), x, y)

    @rule()
    def step(self):
        self.both(lambda torch, optimizer: optimizer.step(), self.optimizer)

    @rule(target=tensors, x=tensors)
    def save_and_load(self, x):
        return self.made(self.both(lambda torch, x: through_a_file(torch, x.detach()), x))

    @rule()
    def save_and_load_the_optimizer(self):
        if hasattr(self.reference, "save"):
            self.both(
                lambda torch, optimizer: optimizer.load_state_dict(through_a_file(torch, optimizer.state_dict())),
                self.optimizer,
            )

    @rule(x=tensors)
    def retain_grad(self, x):
        self.both(lambda torch, x: x.retain_grad(), x)

    @rule(x=tensors, factor=st.sampled_from([None, 2.0]))
    def register_hook(self, x, factor):
        label = len(self.handles)

        def act(torch, x, calls):
            def hook(g):
                calls.append(label)
                return None if factor is None else g * factor

            return x.register_hook(hook)

        self.handles.append(self.both(act, x, self.calls))

    @rule(k=st.integers(0, 3))
    def remove_hook(self, k):
        if k < len(self.handles) and self.handles[k] is not None:
            self.both(lambda torch, handle: handle.remove(), self.handles[k])

    @rule()
    def flush(self):
        synchronize("test")

    @rule()
    def look(self):
        self.compare_values()

    # What must agree.

    @invariant()
    def well_formed_trace(self):
        verify(current())

    @invariant()
    def same_state(self):
        assert self.calls.ours == self.calls.theirs
        for k, (ours, theirs) in enumerate(self.pairs):
            for name in ("requires_grad", "is_leaf", "retains_grad"):
                assert getattr(ours, name) == getattr(theirs, name), f"{name} of tensor {k}"
            birth = self.births[k]
            assert ours._version - birth.ours == theirs._version - birth.theirs, f"version of tensor {k}"
            assert tuple(ours.shape) == tuple(theirs.shape)
            assert (gradient(ours) is None) == (gradient(theirs) is None), f"grad of tensor {k}"
        if self.looks:
            self.compare_values()

    def compare_values(self):
        for k, (ours, theirs) in enumerate(self.pairs):
            np.testing.assert_allclose(number(ours), number(theirs), **CLOSE, err_msg=f"value of tensor {k}")
            if gradient(theirs) is not None:
                message = f"grad of tensor {k}"
                np.testing.assert_allclose(number(ours.grad), number(theirs.grad), **CLOSE, err_msg=message)

    def teardown(self):
        if sys.exc_info()[0] is None:
            self.compare_values()


def through_a_file(torch, x):
    """What was saved and loaded again; the eager twin, which has no files, copies."""
    if not hasattr(torch, "save"):
        return x.clone()
    file = io.BytesIO()
    torch.save(x, file)
    file.seek(0)
    return torch.load(file)


def within(torch, grad, call, *args):
    """A call, with gradients enabled or not."""
    with contextlib.nullcontext() if grad else torch.no_grad():
        return call(*args)


def overlap(x, y):
    """Whether two tensors share memory: PyTorch refuses some such writes, the shim has no memory to speak of."""
    return x.ours is not y.ours and x.ours._storage is y.ours._storage


def is_large(pair, bound=LARGE):
    """Whether a value is too large to go on with."""
    values = number(pair.theirs)
    return not (np.abs(values) <= bound).all()
