"""Which gradient stands at kinks, ties and singular points, items 124 to 133."""

import math


def grad(torch, function, *values):
    """The value of the sum of a function, and the gradient of each argument."""
    leaves = [torch.tensor(value, requires_grad=True) for value in values]
    result = function(*leaves).sum()
    result.backward()
    return [result.item(), *(None if x.grad is None else x.grad.tolist() for x in leaves)]


def _zero_at_the_kink(torch):
    functional, norm = torch.nn.functional, torch.linalg.vector_norm
    zeros, twos = [0.0, 0.0], [[0.0, 0.0]]
    return {
        "relu": grad(torch, torch.relu, 0.0),
        "abs": grad(torch, torch.abs, 0.0),
        "sign": grad(torch, torch.sign, [0.0, 2.0]),
        "relu6": grad(torch, functional.relu6, [0.0, 6.0]),
        "hardtanh": grad(torch, functional.hardtanh, [-1.0, 1.0, 0.5]),
        "threshold": grad(torch, lambda x: functional.threshold(x, 0.0, 0.0), [0.0, 1.0]),
        "softshrink": grad(torch, functional.softshrink, [0.0, 0.5, -0.5, 1.0]),
        "norm": grad(torch, lambda x: x.norm(), zeros),
        "norm of order 1": grad(torch, lambda x: x.norm(1), zeros),
        "vector_norm": grad(torch, norm, zeros),
        "cdist": grad(torch, torch.cdist, twos, twos),
        "std of a constant": grad(torch, torch.std, [2.0, 2.0, 2.0]),
    }


def item_124_kinks_at_zero(torch):
    """At 0 most kinks pass 0 (relu, abs, norms); leaky_relu and prelu pass the negative slope, elu 1."""
    functional = torch.nn.functional
    return {
        "zero": _zero_at_the_kink(torch),
        "leaky_relu": grad(torch, lambda x: functional.leaky_relu(x, 0.25), 0.0),
        "prelu": grad(torch, functional.prelu, [0.0], [0.25]),
        "elu": grad(torch, functional.elu, 0.0),
        "selu": grad(torch, functional.selu, 0.0),
    }


def item_125_clamp(torch):
    """`clamp` passes 1 at its bounds, relu6 passes 0 there."""
    at = [-0.5, 0.0, 0.5, 1.0, 1.5]
    return {
        "clamp": grad(torch, lambda x: x.clamp(0, 1), at),
        "below": grad(torch, lambda x: x.clamp(min=0), at),
        "above": grad(torch, lambda x: x.clamp(max=1), at),
        "relu6": grad(torch, torch.nn.functional.relu6, [0.0, 3.0, 6.0]),
    }


def item_126_ties_of_two(torch):
    """`maximum` and `minimum` split a tie in halves."""
    return [grad(torch, f, [1.0, 2.0, 3.0], [1.0, 3.0, 2.0]) for f in (torch.maximum, torch.minimum)]


def item_127_ties_of_many(torch):
    """Reductions of everything share the gradient over ties; along a dimension it goes to one index."""
    low, high = [1.0, 1.0, 3.0, 1.0], [3.0, 3.0, 1.0, 3.0]
    whole = {
        "max": grad(torch, lambda x: x.max(), high),
        "min": grad(torch, lambda x: x.min(), low),
        "amax": grad(torch, lambda x: x.amax(), high),
        "amin": grad(torch, lambda x: x.amin(), low),
        "amax of a dimension": grad(torch, lambda x: x.amax(0), high),
        "median": grad(torch, lambda x: x.median(), [1.0, 2.0, 2.0, 2.0, 3.0]),
    }
    along = {
        "max": grad(torch, lambda x: x.max(0).values, high),
        "min": grad(torch, lambda x: x.min(0).values, low),
        "median": grad(torch, lambda x: x.median(0).values, [1.0, 2.0, 2.0, 2.0, 3.0]),
        "max_pool": grad(torch, lambda x: torch.nn.functional.max_pool1d(x[None, None], 4), high),
        "cummax": grad(torch, lambda x: x.cummax(0).values, high),
    }
    one = {  # which of the equals it is depends on how the numbers are sorted
        "sort": sorted(grad(torch, lambda x: x.sort().values[-1:], high)[1]),
        "topk": sorted(grad(torch, lambda x: x.topk(1).values, high)[1]),
        "kthvalue": sorted(grad(torch, lambda x: x.kthvalue(2).values, [1.0, 2.0, 2.0, 3.0])[1]),
    }
    argmax = [torch.tensor(high).argmax().item(), torch.tensor(low).argmin().item()]
    return {"whole": whole, "along": along, "one": one, "argmax": argmax}


def item_128_medians_and_the_largest_norm(torch):
    """The median of an even count is the lower middle; ties of the infinity norm share."""
    return [
        grad(torch, lambda x: x.median(), [4.0, 1.0, 3.0, 2.0]),
        grad(torch, lambda x: x.norm(math.inf), [3.0, -3.0, 1.0]),
    ]


def item_129_products_with_zeros(torch):
    """`prod` is right with one zero, and all zeros with two."""
    return [grad(torch, torch.prod, values) for values in ([0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [2.0, 3.0, 4.0])]


def item_130_singular_points(torch):
    """At poles and branch points the formula's own infinity, 0 or nan stands."""
    return {
        "sqrt": grad(torch, torch.sqrt, 0.0),
        "rsqrt": grad(torch, torch.rsqrt, 0.0),
        "log": grad(torch, torch.log, 0.0),
        "powers": [grad(torch, lambda x, p=p: x**p, 0.0) for p in (0.5, 0, 1, -1)],
        "power of zero": grad(torch, lambda x: 0**x, [2.0, 1.0]),
        "pow": grad(torch, torch.pow, 0.0, 0.0),
        "x / x": grad(torch, lambda x: x / x, 0.0),
        "xlogy": grad(torch, torch.xlogy, 0.0, 0.0),
        "acos": grad(torch, torch.acos, 1.0),
        "atan2": grad(torch, torch.atan2, 0.0, 0.0),
    }


def item_131_the_branch_that_was_not_taken(torch):
    """A nan or infinity leaks through `where` from the branch that was not taken."""
    zero = torch.zeros(())
    return [
        grad(torch, lambda x: torch.where(x > 0, torch.sqrt(x), zero), [-1.0, 4.0]),
        grad(torch, lambda x: torch.where(x == 0, zero, 1 / x), [0.0, 2.0]),
    ]


def item_132_small_divisors_and_steps(torch):
    """Normalising zeros divides by eps; rounding passes 0, remainders pass 1."""
    functional = torch.nn.functional
    steps = {name: grad(torch, getattr(torch, name), [0.3, -1.7]) for name in ("round", "floor", "ceil", "trunc")}
    return {
        "normalize": grad(torch, lambda x: functional.normalize(x, dim=0), [0.0, 0.0]),
        "cosine_similarity": grad(torch, lambda x: functional.cosine_similarity(x, torch.ones(2), dim=0), [0.0, 0.0]),
        "steps": steps,
        "fmod": grad(torch, lambda x: torch.fmod(x, 2.0), [5.0, -5.0]),
        "%": grad(torch, lambda x: x % 2.0, [5.0, -5.0]),
    }


def item_133_binary_cross_entropy(torch):
    """`binary_cross_entropy` takes no logarithm below -100; with logits it is exact."""
    functional = torch.nn.functional
    certain, wrong = torch.tensor(0.0), torch.tensor(1.0)
    return {
        "clamped": grad(torch, lambda p: functional.binary_cross_entropy(p, wrong), 0.0),
        "other side": grad(torch, lambda p: functional.binary_cross_entropy(p, certain), 1.0),
        "logits": [
            grad(torch, lambda x: functional.binary_cross_entropy_with_logits(x, wrong), value)
            for value in (-100.0, -200.0, 100.0)
        ],
    }
