"""How tensors, parameters and modules print, items 144 to 149."""

NAN, INF = float("nan"), float("inf")


def _texts(torch, *values, **options):
    return [str(torch.tensor(value, **options)) for value in values]


def item_144_decimals(torch):
    """Floats print with four decimals, or none where all finite ones are whole."""
    return _texts(torch, [1.0, 2.0], [1.0, 2.5], [1.0, NAN, INF], [1.5, NAN, -INF], [NAN, INF], 3.0, 0.1, [-0.0, 0.0])


def item_145_scientific(torch):
    """Very small or large numbers, or of a ratio above 1000, turn the whole tensor to scientific."""
    whole = [[1e8, 1.0], [1001.0, 1.0], [1000.0, 1.0], [16777216.0], [1e8], [1.00000008e8], [0.0, 2000.0]]
    broken = [[1e-5, 1.0], [1000.5, 0.5], [1e-4], [1001.0, 1.5], [0.0, 1e-5], [100000008.5], [12345.678], [NAN, 1e-5]]
    return [_texts(torch, *whole), _texts(torch, *broken), _texts(torch, [1e-4], 0.5, dtype=torch.float64)]


def _numbered(torch, *shape):
    count = 1
    for size in shape:
        count *= size
    return torch.arange(count).reshape(shape)


def item_146_lines(torch):
    """Elements stand right, rows wrap at 80 columns, blocks are apart; over 1000 elements only edges are shown."""
    return {
        "widths": _texts(torch, [1.0, 100.5, -2.25], [[1, 200], [-3, 4]], [True, False]),
        "wrapped": [str(_numbered(torch, 40)), str(_numbered(torch, 2, 30)), str(_numbered(torch, 2, 2, 24) / 7)],
        "blocks": [str(_numbered(torch, 2, 2, 2)), str(_numbered(torch, 2, 1, 1, 2))],
        "summary": [str(_numbered(torch, *shape)) for shape in ((1000, 1), (1001,), (60, 60), (12, 10, 10))],
    }


def item_147_suffixes(torch):
    """After the numbers stand size, dtype, then grad_fn or requires_grad; past 80 columns on a line of their own."""
    wanting = {"requires_grad": True}
    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    made = {
        "size": [torch.empty(0, 3), torch.empty(0), torch.empty(2, 0, dtype=torch.int64)],
        "dtype": [torch.ones(1, dtype=getattr(torch, d)) for d in ("float64", "float16", "int32", "uint8", "bool")],
        "empty int64": [torch.tensor([], dtype=torch.int64)],
        "graph": [x, x * 2, torch.empty(0, 3, **wanting), torch.tensor(2.0, **wanting) * 3],
        "own line": [
            torch.full((7,), 0.5, **wanting),
            torch.full((7,), 0.5, **wanting) * 3,
            torch.full((8,), 0.5) * x[0],
        ],
    }
    return {name: [str(x) for x in tensors] for name, tensors in made.items()}


def _named(torch, x, square):
    """Results by what makes them."""
    functional = torch.nn.functional
    target = torch.tensor([0, 1])
    return {
        "x/4": x / 4,
        "x+1": x + 1,
        "x-1": x - 1,
        "x**2": x**2,
        "-x": -x,
        "x@x": square @ square,
        "linear": functional.linear(square, square, x),
        "linear of 1-D": functional.linear(x, square, x),
        "sum": x.sum(),
        "sum of a dimension": square.sum(0),
        "max": x.max(),
        "max of a dimension": square.max(0).values,
        "clamp": x.clamp(min=0),
        "squeeze": x[None].squeeze(0),
        "x[0]": x[0],
        "norm": x.norm(),
        "mse_loss": functional.mse_loss(x, torch.zeros(2)),
        "cross_entropy": functional.cross_entropy(square, target),
        "cast": x.double(),
        "iteration": next(iter(square)),
        "t": square.t(),
        "view": square.view(4),
        "reshape": square.reshape(4),
    }


def item_148_names_of_nodes(torch):
    """A result shows the node that made it, under PyTorch's name and number; dropout of 0 is its input."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    square = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    shown = {key: [result.grad_fn.name(), str(result)] for key, result in _named(torch, x, square).items()}
    return [shown, torch.nn.functional.dropout(x, 0.0) is x]


def item_149_parameters_and_modules(torch):
    """Parameters say so, containers show the same text, one number takes a format, modules indent by two."""
    nn, t = torch.nn, torch.tensor(3.14159)
    inner = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Dropout(0.25))
    net = nn.ModuleDict({"body": inner, "head": nn.ModuleList([nn.Linear(3, 1, bias=False), nn.BatchNorm1d(1)])})

    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(1, 1)

        def extra_repr(self):
            return "size=1"

    return {
        "parameter": str(nn.Parameter(torch.tensor([1.0, 2.5]))),
        "contained": [str([torch.tensor([1.0])]), str({"w": nn.Parameter(torch.tensor([1.0]))}), repr((t,))],
        "formats": [f"{t:.2f}", f"{torch.tensor(7):>4d}", f"{t}", f"{torch.tensor([1.0])}", str(t.item())],
        "modules": [str(net), str(Named()), str(nn.Linear(2, 3)), str(nn.Sequential())],
    }
