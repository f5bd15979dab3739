"""Which numbers are drawn after a seed, to the last bit, items 150 to 163."""

import numpy as np
from semantics.bits import bits

FLOATS = ("float32", "float64", "float16", "bfloat16")
SEED = 20_240_607


def _after_seed(torch, draw, *args, **options):
    """The bits of a draw, and of the draw that follows it."""
    torch.manual_seed(SEED)
    return [bits(draw(*args, **options)), bits(torch.rand(2))]


def _empty(torch, n, dtype="float32"):
    return torch.empty(n, dtype=getattr(torch, dtype))


def _words(n):
    """The words of NumPy's own Mersenne Twister."""
    return np.random.RandomState(SEED)._bit_generator.random_raw(n).tolist()


def item_150_engine(torch):
    """The engine is the Mersenne Twister, seeded by the low 32 bits; a 64-bit draw takes the high word first."""
    torch.manual_seed(SEED)
    narrow = _empty(torch, 1300, "int32").random_()
    torch.manual_seed(SEED)
    wide = _empty(torch, 650, "int64").random_()
    words = _words(1300)
    pairs = [(high << 32 | low) % 2**63 for high, low in zip(words[::2], words[1::2], strict=True)]
    seeds = {
        str(seed): bits(torch.rand(3, generator=torch.Generator().manual_seed(seed))) for seed in (5, 2**32 + 5, -1)
    }
    return {
        "words": [bits(narrow), narrow.tolist() == [word % 2**31 for word in words]],
        "pairs": [bits(wide), wide.tolist() == pairs],
        "seeds": seeds,
        "negative": torch.Generator().manual_seed(-1).initial_seed(),
    }


def _state_kept(torch):
    torch.manual_seed(SEED)
    torch.randn(3)
    state = torch.get_rng_state()
    first = [bits(torch.randn(2)), bits(torch.rand(2))]
    torch.set_rng_state(state)
    return [list(state.shape), str(state.dtype), first, [bits(torch.randn(2)), bits(torch.rand(2))]]


def item_151_generators(torch):
    """Seeding gives the generator back and forgets the kept normal; a state holds it. New ones start the same."""
    torch.manual_seed(SEED)
    kept = [bits(torch.randn(1)), bits(torch.randn(1))]
    torch.manual_seed(SEED)
    torch.randn(1)
    returned = torch.manual_seed(SEED)
    fresh = torch.seed()
    return {
        "seeded again": [kept, _after_seed(torch, torch.randn, 1)],
        "returned": [type(returned).__name__, returned is torch.default_generator],
        "first seed": torch.Generator().initial_seed(),
        "random seed": [fresh == torch.initial_seed(), fresh == torch.Generator().initial_seed()],
        "state": _state_kept(torch),
    }


def item_152_rand(torch):
    """`rand` takes 24 bits of a word for float32, 53 of two for float64; half types round the float32 value."""
    shown = {dtype: _after_seed(torch, torch.rand, 130, dtype=getattr(torch, dtype)) for dtype in FLOATS}
    torch.manual_seed(SEED)
    expected = [(word & 2**24 - 1) * 2.0**-24 for word in _words(50)]
    return [shown, torch.rand(50).tolist() == expected, _after_seed(torch, torch.rand, 0)]


def item_153_uniform(torch):
    """`uniform_(a, b)` rounds u * (b - a) + a once; a result equal to b becomes a."""
    bounds = ((-0.03125, 0.03125), (-0.1, 0.3), (1000.0, 1000.001), (2.0, 2.0))
    return {
        dtype: [_after_seed(torch, _empty(torch, 60, dtype).uniform_, low, high) for low, high in bounds]
        for dtype in FLOATS
    }


def item_154_few_normals(torch):
    """Fewer than 16 normals, or scattered ones, come in pairs in double; the second is kept for the next call."""
    normals = {
        dtype: [_after_seed(torch, _empty(torch, n, dtype).normal_, 0.3, 2.7) for n in (1, 2, 15)] for dtype in FLOATS
    }
    torch.manual_seed(SEED)
    shared = [
        bits(torch.randn(n, dtype=getattr(torch, dtype)))
        for n, dtype in ((3, "float64"), (2, "bfloat16"), (2, "float32"))
    ]
    torch.manual_seed(SEED)
    survives = [bits(torch.randn(n)) for n in (3, 16, 17, 3)]
    scattered = {
        "every other": _after_seed(torch, lambda: torch.zeros(40)[::2].normal_()),
        "transposed": _after_seed(torch, lambda: torch.zeros(5, 4).t().normal_()),
    }
    return {"few": normals, "shared": shared, "survives": survives, "scattered": scattered}


def _changed_by_one_more(torch):
    """Which of 16 normals are others where a seventeenth is drawn with them."""
    torch.manual_seed(SEED)
    sixteen = torch.randn(16)
    torch.manual_seed(SEED)
    return (torch.randn(17)[:16] != sixteen).tolist()


def item_155_normals_in_blocks(torch):
    """From 16 on normals come in blocks of 16; an incomplete last block is drawn anew with the 16 before the end."""
    sizes = (16, 17, 31, 32, 150)
    return {
        "normals": [_after_seed(torch, torch.randn, n) for n in sizes],
        "scaled": [_after_seed(torch, _empty(torch, n).normal_, -3.0, 0.02) for n in sizes],
        "shapes": [_after_seed(torch, torch.randn, *shape) for shape in ((4, 4), (2, 3, 5), (0, 3))],
        "one more": _changed_by_one_more(torch),
    }


def item_156_every_bit(torch):
    """Blocks agree in every bit in every dtype, over long draws too."""
    return {dtype: _after_seed(torch, torch.randn, 20_011, dtype=getattr(torch, dtype)) for dtype in FLOATS}


def item_157_other_normals(torch):
    """`normal`, `randn_like`, `rand_like` and distributions draw from the same streams."""
    shown = {}
    for n in (3, 40):
        mean, std = torch.linspace(-2, 2, n), torch.linspace(0, 3, n)
        torch.manual_seed(SEED)
        by_hand = torch.randn(n) * std + mean
        torch.manual_seed(SEED)
        shown[str(n)] = {
            "normal is by hand": torch.allclose(torch.normal(mean, std), by_hand, rtol=1e-6),
            "normal of tensors": _after_seed(torch, torch.normal, mean, std),
            "normal of floats": _after_seed(torch, torch.normal, 0.5, 2.0, (n,)),
            "randn_like": _after_seed(torch, torch.randn_like, mean),
            "rand_like": _after_seed(torch, torch.rand_like, mean),
            "Normal": _after_seed(torch, torch.distributions.Normal(mean, std + 1).sample),
        }
    leaf = torch.ones(2, requires_grad=True)
    drawn = [torch.normal(leaf, 2.0), torch.normal(2.0, leaf), torch.normal(leaf, leaf)]
    sum(drawn).sum().backward()
    shown["gradients"] = [[x.grad_fn.name() for x in drawn], leaf.grad.tolist()]
    return shown


def item_158_integers(torch):
    """A range below 2**28 takes a word, a longer one two; without bounds a dtype's own range is drawn."""
    longer = ((0, 10), (-5, 2**28 - 6), (-5, 2**28 - 5), (0, 2**32), (-(2**62), 2**62))
    others = {"int32": (-3, 200), "bool": (0, 2), "float32": (-3, 200), "float64": (-3, 2**30), "bfloat16": (0, 200)}
    dtypes = ("int64", "int32", "int16", "uint8", "bool", *FLOATS)
    return {
        "randint": [_after_seed(torch, torch.randint, low, high, (20,)) for low, high in longer],
        "random_": {d: _after_seed(torch, _empty(torch, 20, d).random_, *bounds) for d, bounds in others.items()},
        "no bounds": {dtype: _after_seed(torch, _empty(torch, 20, dtype).random_) for dtype in dtypes},
    }


def item_159_permutations(torch):
    """`randperm(n)` swaps each place with one behind it, by n - 1 draws."""
    return {str(n): _after_seed(torch, torch.randperm, n) for n in (0, 1, 2, 10, 300, 301, 100_000)}


def _drawing_nothing(torch):
    functional, x = torch.nn.functional, torch.ones(5)
    return {
        "p of 0": _after_seed(torch, functional.dropout, x, 0.0),
        "p of 1": _after_seed(torch, functional.dropout, x, 1.0),
        "evaluation": _after_seed(torch, torch.nn.Dropout(0.5).eval(), x),
        "bernoulli_": [_after_seed(torch, torch.empty(5).bernoulli_, p) for p in (0.0, 1.0)],
    }


def item_160_masks(torch):
    """`bernoulli_` and dropout take two words an element, `bernoulli(p)` of float32 one; certain masks none."""
    functional, x, chances = torch.nn.functional, torch.arange(60.0), torch.linspace(0, 1, 30)
    maps = torch.ones(2, 5, 3, 3)
    return {
        "bernoulli_": [
            _after_seed(torch, _empty(torch, 60, d).bernoulli_, 0.3) for d in ("float32", "bool", "bfloat16")
        ],
        "dropout": [_after_seed(torch, functional.dropout, x, p) for p in (0.1, 0.3, 0.5)],
        "dropout2d": _after_seed(torch, functional.dropout2d, maps, 0.4),
        "alpha_dropout": _after_seed(torch, functional.alpha_dropout, x, 0.4, True),
        "bernoulli": [
            _after_seed(torch, torch.bernoulli, chances),
            _after_seed(torch, torch.bernoulli, chances.double()),
        ],
        "Bernoulli": _after_seed(torch, torch.distributions.Bernoulli(chances).sample),
        "nothing": _drawing_nothing(torch),
    }


def item_161_other_distributions(torch):
    """Exponential, geometric, Cauchy, log-normal and Gumbel draws and rrelu's slopes take two words an element."""
    functional, x = torch.nn.functional, torch.arange(51.0) / 8 - 4
    draws = {"exponential_": (2.7,), "geometric_": (0.2,), "cauchy_": (0.3, 2.7), "log_normal_": (0.3, 1.5)}
    return {
        **{
            name: [_after_seed(torch, getattr(_empty(torch, 50, dtype), name), *args) for dtype in FLOATS]
            for name, args in draws.items()
        },
        "rrelu": _after_seed(torch, functional.rrelu, x, 0.2, 0.9, True),
        "rrelu in evaluation": _after_seed(torch, functional.rrelu, x, 0.2, 0.9),
        "gumbel": _after_seed(torch, lambda: functional.gumbel_softmax(x.reshape(3, 17), hard=True)),
    }


def item_162_categories(torch):
    """`multinomial` searches the running sum with a uniform each; without replacement it races exponentials."""
    weights = torch.arange(20.0) % 7 * 0.37 + 0.01
    rows = weights.reshape(2, 10)
    several, one = ((12, True), (5, False)), ((1, True), (1, False))
    categorical = torch.distributions.Categorical(rows)
    return {
        "several": [
            _after_seed(torch, torch.multinomial, w, n, again) for w in (weights, rows) for n, again in several
        ],
        "one": [_after_seed(torch, torch.multinomial, w, n, again) for w in (weights, rows) for n, again in one],
        "Categorical": [_after_seed(torch, categorical.sample, shape) for shape in ((), (1,), (3, 2))],
    }


def _epochs(torch, generator=None, **options):
    """Three epochs of a loader over ten numbers, with what its generator draws afterwards."""
    torch.manual_seed(SEED)
    loader = torch.utils.data.DataLoader(list(range(10)), batch_size=4, generator=generator, **options)
    epochs = [[index for batch in loader for index in batch.tolist()] for _ in range(3)]
    return [epochs, bits(torch.rand(2)), bits(torch.rand(2, generator=generator))]


def item_163_data_loader(torch):
    """Every pass over a DataLoader draws a seed, a shuffled one another; with its own generator both are from that."""
    data = torch.utils.data
    torch.manual_seed(SEED)
    parts = [part.indices for part in data.random_split(list(range(10)), [7, 3])]
    return {
        "in order": _epochs(torch),
        "shuffled": _epochs(torch, shuffle=True),
        "in order, own generator": _epochs(torch, torch.Generator().manual_seed(3)),
        "shuffled, own generator": _epochs(torch, torch.Generator().manual_seed(3), shuffle=True),
        "random_split": [[list(map(int, part)) for part in parts], bits(torch.rand(2))],
    }
