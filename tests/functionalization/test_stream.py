"""The random stream as a function: word for word the generator's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad import functionalize
from funcgrad.functionalization import FunctionalizationError
from funcgrad.functionalization.draws import drawn
from funcgrad.functionalization.laws import Draw
from funcgrad.functionalization.stream import Reader
from funcgrad.tolerances import tolerance
from funcgrad.torch import _random

nn = torch.nn
F32, F64, HALF = np.float32, np.float64, np.float16


def stream_of(generator):
    key, used = generator.stream.state()
    kept = jnp.nan if generator.cached_normal is None else generator.cached_normal
    return {"key": jnp.asarray(key), "used": jnp.asarray(used, jnp.int32), "kept": jnp.asarray(kept, jnp.float64)}


def assert_stream(stream, generator):
    key, used = generator.stream.state()
    np.testing.assert_array_equal(stream["key"], key)
    assert int(stream["used"]) == used
    kept = np.nan if generator.cached_normal is None else generator.cached_normal
    np.testing.assert_allclose(stream["kept"], kept, **tolerance(F64))


@pytest.mark.parametrize("before", [0, 1, 600, 624, 625])
@pytest.mark.parametrize("count", [0, 1, 24, 623, 624, 625, 2000])
def test_words_and_the_state_after_them_are_the_generators(before, count):
    generator = _random.Generator().manual_seed(7)
    generator.stream.take(before)
    with jax.enable_x64(True):
        reader = Reader(stream_of(generator), count)
        np.testing.assert_array_equal(reader.take(count), generator.stream.take(count))
        assert_stream(reader.rest(), generator)


EXACT = {
    "rand": [((5, 7),), ((3,), F64), ((40,), HALF)],
    "uniform": [((9, 9), -0.3, 0.7), ((9,), -2.0, 5.0, HALF), ((30,), -0.3, 0.7, F64)],
    "normal": [((16,),), ((5, 7),), ((33,), 0.5, 2.0), ((700,),), ((17,), 0.0, 1.0, HALF), ((20_000,),)],
    "bernoulli": [(0.3, (4, 5)), (0.9, (7,), np.bool_)],
    "dropout_mask": [(0.3, (4, 5)), (0.9, (3,))],
    "randint": [(0, 10, (50,)), (-5, 1000, (3, 3)), (0, 2**40, (6,)), (0, 7, (5,), np.int32)],
    "randperm": [(2,), (10,), (100,)],
}
"""Draws of each law, by the arguments of the host's function."""

TO_A_DOUBLE = {
    "normal": [((1,),), ((2,),), ((15,),), ((3,), 1.0, 2.0), ((5,), 0.0, 1.0, F64), ((40,), 0.5, 2.0, F64)],
    "exponential": [((30,),), ((30,), 0.5), ((9,), 1.0, F64)],
}
"""Those that the host makes in double with the C library's functions: rounding to the dtype hides the last bit."""


def draw_of(law, given):
    """The draw that the twin of a function of the host's would note."""
    names = {"rand": ("shape", "dtype"), "normal": ("shape", "mean", "std", "dtype"), "randperm": ("n",)}
    names |= {"uniform": ("shape", "low", "high", "dtype"), "exponential": ("shape", "rate", "dtype")}
    names |= {"bernoulli": ("p", "shape", "dtype"), "dropout_mask": ("p", "shape")}
    names |= {"randint": ("low", "high", "shape", "dtype")}
    defaults = {"mean": 0.0, "std": 1.0, "low": 0.0, "high": 1.0, "rate": 1.0, "contiguous": True}
    defaults |= {"dtype": np.int64 if law.startswith("randi") else np.bool_ if law == "dropout_mask" else F32}
    defaults |= {"dtype": np.int64} if law == "randperm" else {}
    options = defaults | dict(zip(names[law], given, strict=False))
    shape = options.pop("shape", None) or (options["n"],)
    return Draw(law, options, shape, tuple(range(len(shape))))


def drawn_beside(law, given, before=3):
    """What a pure step and the host draw after the same words, and whether both streams end at one place."""
    generator = _random.Generator().manual_seed(11)
    generator.stream.take(before)
    with jax.enable_x64(True):
        run = jax.jit(lambda stream: drawn((draw_of(law, given),), stream))
        (ours,), stream = run(stream_of(generator))
        theirs = getattr(_random, law)(generator, *given)
        assert_stream(stream, generator)
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    return np.asarray(ours), theirs


@pytest.mark.parametrize("law, given", [(law, given) for law, draws in EXACT.items() for given in draws], ids=str)
def test_draws_are_the_hosts_bit_for_bit(law, given):
    np.testing.assert_array_equal(*drawn_beside(law, given))


@pytest.mark.parametrize("law, given", [(n, given) for n, draws in TO_A_DOUBLE.items() for given in draws], ids=str)
def test_draws_in_double_are_the_hosts_to_its_last_bits(law, given):
    ours, theirs = drawn_beside(law, given)
    np.testing.assert_allclose(ours, theirs, **tolerance(F64))


def test_masks_of_any_order_are_the_generators():
    generator = _random.Generator().manual_seed(3)
    draws = [Draw("dropout_mask", {"p": 0.25}, (4, 5), (0, 1)), Draw("dropout_mask", {"p": 0.5}, (2, 3, 4), (2, 0, 1))]
    with jax.enable_x64(True):
        masks, _ = drawn(tuple(draws), stream_of(generator))
    for draw, mask in zip(draws, masks, strict=True):
        expected = _random.dropout_mask(generator, draw.options["p"], draw.shape).transpose(draw.axes)
        np.testing.assert_array_equal(mask, expected)


DROPOUTS = {
    "elements": lambda x: nn.functional.dropout(x, 0.3),
    "of a permuted tensor": lambda x: nn.functional.dropout(x.permute(2, 0, 1), 0.3),
    "in place": lambda x: nn.functional.dropout(x + 0, 0.3, inplace=True),
    "channels": lambda x: nn.functional.dropout1d(x, 0.3),
    "alpha": lambda x: nn.functional.alpha_dropout(x, 0.3, training=True),
    "attention": lambda x: nn.functional.scaled_dot_product_attention(x, x, x, dropout_p=0.3),
    "certain": lambda x: nn.functional.dropout(nn.functional.dropout(x, 0.0), 1.0),
}


@pytest.mark.parametrize("name", DROPOUTS)
def test_every_dropout_is_drawn_by_the_pure_step(name):
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
    torch.manual_seed(1)
    pure = functionalize(DROPOUTS[name], x, certify=0)
    state, drawn_by_pure = pure.scan(pure.state(), np.stack([x] * 3))
    expected = np.stack([DROPOUTS[name](torch.tensor(x)).numpy() for _ in range(3)])
    np.testing.assert_allclose(drawn_by_pure, expected, rtol=1e-6, atol=1e-7)
    assert ("random" in state) == (name != "certain")


def test_many_seeds_at_once():
    x = np.ones((2, 3), np.float32)
    pure = functionalize(lambda x: nn.functional.dropout(x), x, certify=0)
    states, expected = [], []
    for seed in range(3):
        torch.manual_seed(seed)
        states.append(pure.state())
        expected.append(nn.functional.dropout(torch.tensor(x)).numpy())
    _, results = jax.vmap(pure, in_axes=(0, None))(jax.tree.map(lambda *xs: jnp.stack(xs), *states), x)
    np.testing.assert_array_equal(results, expected)


DRAWERS = {
    "randn": lambda x: x + torch.randn(2, 3, 4),
    "randn_like": lambda x: x + torch.randn_like(x),
    "few": lambda x: x + torch.randn(3, 1) + torch.randn(1),
    "rand": lambda x: x * torch.rand(x.shape, dtype=torch.float64),
    "normal with a tensor": lambda x: torch.normal(x, 2.0),
    "filled": lambda x: torch.empty(2, 3, 4).uniform_(-1, 1) + torch.empty(4).exponential_() + x.clone().normal_(),
    "bernoulli": lambda x: torch.bernoulli(torch.sigmoid(x)) + torch.bernoulli(torch.full((4,), 0.5)),
    "bernoulli_": lambda x: torch.empty_like(x).bernoulli_(0.3) + torch.empty_like(x).bernoulli_(torch.sigmoid(x)),
    "integers": lambda x: x[torch.randint(0, 2, (5,))] + torch.randint_like(x[0], 9),
    "permutation": lambda x: x[:, torch.randperm(3)],
    "initialised": lambda x: nn.init.xavier_uniform_(x + 0),
}


@pytest.mark.parametrize("name", DRAWERS)
def test_draws_of_a_step_are_those_of_the_stateful_one(name):
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
    torch.manual_seed(1)
    pure = functionalize(DRAWERS[name], x, certify=0)
    start = pure.state()
    expected = np.stack([DRAWERS[name](torch.tensor(x)).numpy() for _ in range(3)])
    following = torch.rand(3).tolist()
    state, drawn_by_pure = pure.scan(start, np.stack([x] * 3))
    np.testing.assert_allclose(drawn_by_pure, expected, **tolerance("float32"))
    pure.load(state)
    assert torch.rand(3).tolist() == following


@pytest.mark.parametrize(
    "draw, text",
    [
        (lambda x: float(torch.rand(())), "looks at a value.*test_stream"),
        (lambda x: x if torch.rand(()) < 0.5 else -x, r"(?s)looks at a value.*torch\.where.*test_stream"),
        (lambda x: torch.multinomial(x.abs(), 1), "(?s)multinomial.*test_stream"),
        (lambda x: nn.functional.gumbel_softmax(x), "exponential. that the host rearranges or computes with"),
        (lambda x: x.t().normal_(), "normal. that the host rearranges"),
        (lambda x: x + torch.randn(3, generator=torch.Generator()), "(?s)a generator of its own.*test_stream"),
    ],
    ids=["item", "branch", "multinomial", "gumbel", "not contiguous", "generator"],
)
def test_draws_that_a_pure_step_cannot_make_are_refused(draw, text):
    with pytest.raises(FunctionalizationError, match=text):
        functionalize(draw, np.ones((2, 3), np.float32))
