"""Scenarios of torch.nn.init: what the fillings draw, bit for bit, and what they say."""

import itertools

from scenarios import error, scenarios_in, warned

EXACT = {
    "xavier_uniform_": [(3, 5), {"gain": 2.0}],
    "xavier_normal_": [(20, 3), {}],
    "kaiming_uniform_": [(4, 3, 3, 3), {"a": 5**0.5, "mode": "FAN_OUT"}],
    "kaiming_normal_": [(6, 3, 5), {"nonlinearity": "relu"}],
    "uniform_": [(7,), {"a": -2.0, "b": 3.0}],
    "normal_": [(33,), {"mean": 1.0, "std": 0.02}],
    "trunc_normal_": [(40, 3), {"std": 0.02}],
    "sparse_": [(9, 4), {"sparsity": 0.3}],
    "eye_": [(3, 4), {}],
    "dirac_": [(6, 2, 3, 4), {"groups": 3}],
    "constant_": [(2, 2), {"val": 0.3}],
}
BOUNDS = [
    (0.0, 1.0, -2.0, 2.0),
    (0.0, 1.0, -0.5, 0.5),
    (1.5, 0.7, 1.0, 4.0),
    (0.0, 1.0, 2.5, 3.0),
    (0.0, 1.0, 0.1, 0.2),
]


def filled(torch, name, shape, dtype="float32", **options):
    torch.manual_seed(7)
    made = getattr(torch.nn.init, name)(torch.empty(shape, dtype=getattr(torch, dtype)), **options)
    return [made.tolist(), torch.rand(1).item()]


def item_164_fillings(torch):
    return {name: filled(torch, name, shape, **options) for name, (shape, options) in EXACT.items()}


def item_164_fillings_of_float64(torch):
    return {name: filled(torch, name, shape, "float64", **options) for name, (shape, options) in EXACT.items()}


def item_166_truncated_normals(torch):
    """Bounds that keep much of the distribution, and bounds that keep little."""
    made = {}
    for bounds, dtype in itertools.product(BOUNDS, ("float32", "float64")):
        options = dict(zip(("mean", "std", "a", "b"), bounds, strict=True))
        made[f"{bounds} {dtype}"] = filled(torch, "trunc_normal_", (5, 9), dtype, **options)
    made["transposed"] = torch.nn.init.trunc_normal_(torch.empty(6, 5).t()).tolist()
    return made


def item_166_a_generator_of_its_own(torch):
    generator = torch.Generator().manual_seed(3)
    made = [torch.nn.init.trunc_normal_(torch.empty(4), generator=generator).tolist()]
    return [*made, torch.nn.init.xavier_normal_(torch.empty(4, 5), generator=generator).tolist()]


def item_164_what_they_say(torch):
    init, empty = torch.nn.init, torch.empty
    return {
        "fan": error(init.xavier_uniform_, empty(3)),
        "mode": error(init.kaiming_uniform_, empty(3, 3), mode="fan"),
        "gain": error(init.calculate_gain, "convolution"),
        "gains": [init.calculate_gain(n) for n in ("conv_transpose2d", "tanh", "selu", "leaky_relu")],
        "orthogonal": error(init.orthogonal_, empty(3)),
        "eye": error(init.eye_, empty(3)),
        "dirac": [error(init.dirac_, empty(3, 3)), error(init.dirac_, empty(3, 3, 1), 2)],
        "sparse": error(init.sparse_, empty(3), 0.1),
        "bounds": warned(init.trunc_normal_, empty(3), 5.0, 1.0, 0.0, 2.5),
        "empty": warned(init.kaiming_normal_, empty(0, 3)),
    }


def item_164_old_names(torch):
    weight, kernel = torch.nn.Linear(3, 3).weight, torch.empty(2, 2, 3)
    options = {"constant": (0.5,), "sparse": (0.2,)}
    names = ("uniform", "normal", "constant", "eye", "xavier_uniform", "xavier_normal", "kaiming_uniform")
    made = {n: warned(getattr(torch.nn.init, n), weight, *options.get(n, ())) for n in (*names, "kaiming_normal")}
    more = {n: warned(getattr(torch.nn.init, n), weight, *options.get(n, ())) for n in ("orthogonal", "sparse")}
    return made | more | {"dirac": warned(torch.nn.init.dirac, kernel)}


SCENARIOS = scenarios_in(globals())


def orthogonal(torch):
    """Values by LAPACK, whose builds differ in the last bits."""
    shapes = ((4, 4), (5, 3), (3, 7), (4, 2, 3), (2, 3, 3, 3), (1, 1))
    return [filled(torch, "orthogonal_", s, dtype, gain=1.5) for s in shapes for dtype in ("float32", "float64")]


CLOSE = {"item_166_orthogonal": orthogonal}
