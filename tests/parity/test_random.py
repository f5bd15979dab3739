"""Random streams against PyTorch's own, live: any calls in any order, bit for bit, and the state after each."""

import functools
import math
import warnings
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from ml_dtypes import bfloat16

from funcgrad.torch import _random as ours
from funcgrad.torch._random.box_muller import BoxMuller
from funcgrad.torch._random.stream import _untemper

FLOATS = {
    np.float32: torch.float32,
    np.float64: torch.float64,
    np.float16: torch.float16,
    bfloat16: torch.bfloat16,
}
INTEGERS = {
    np.int64: torch.int64,
    np.int32: torch.int32,
    np.int16: torch.int16,
    np.int8: torch.int8,
    np.uint8: torch.uint8,
    np.bool_: torch.bool,
}

pytestmark = pytest.mark.filterwarnings(r"ignore:.*out of bounds \[-:UserWarning")  # one test below compares these

seeds = st.integers(-(2**63), 2**64 - 1)
sizes = st.one_of(st.integers(0, 40), st.integers(0, 700), st.integers(0, 10_000))
floats = st.sampled_from(list(FLOATS))
moderate = st.floats(-10, 10, width=32)
probabilities = st.floats(0, 1) | st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0, 2.0**-53])
inside = st.floats(0.01, 0.99)
positive = st.floats(0.01, 100.0)


def bits(array):
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).tobytes()


def tensor_bits(tensor):
    return tensor.reshape(-1).clone(memory_format=torch.contiguous_format).view(torch.uint8).numpy().tobytes()


def assert_same(call, array, tensor):
    assert array.shape == tuple(tensor.shape), call
    assert bits(array) == tensor_bits(tensor), f"{call}: {array.reshape(-1)[:8]} for {tensor.reshape(-1)[:8]}"


def assert_same_state(generator, reference):
    assert generator.state_bytes().tobytes() == reference.get_state().numpy().tobytes()


def pair(seed):
    return ours.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)


class Call:
    """One draw, as a function of our generator and as a function of PyTorch's."""

    def __init__(self, name, draw, reference, **arguments):
        self.name, self.arguments = name, arguments
        self.draw = lambda generator: draw(generator, **arguments)
        self.reference = lambda generator: reference(generator, **arguments)

    def __repr__(self):
        return f"{self.name} {self.arguments}"


def calls(name, draw, reference, **strategies):
    return st.fixed_dictionaries(strategies).map(lambda arguments: Call(name, draw, reference, **arguments))


def empty(n, dtype):
    return torch.empty(n, dtype=(FLOATS | INTEGERS)[dtype])


RAND = calls(
    "rand",
    lambda g, n, dtype: ours.rand(g, (n,), dtype),
    lambda g, n, dtype: torch.rand(n, dtype=FLOATS[dtype], generator=g),
    n=sizes,
    dtype=floats,
)
UNIFORM = calls(
    "uniform",
    lambda g, n, bounds, dtype: ours.uniform(g, (n,), *bounds, dtype=dtype),
    lambda g, n, bounds, dtype: empty(n, dtype).uniform_(*bounds, generator=g),
    n=sizes,
    bounds=st.tuples(moderate, moderate).map(sorted),
    dtype=floats,
)
NORMAL = calls(
    "normal",
    lambda g, n, mean, std, dtype: ours.normal(g, (n,), mean, std, dtype),
    lambda g, n, mean, std, dtype: empty(n, dtype).normal_(mean, std, generator=g),
    n=sizes,
    mean=moderate | st.just(0.0),
    std=positive | st.just(1.0) | st.just(0.0),
    dtype=floats,
)
NORMAL_STRIDED = calls(
    "normal on every second element",
    lambda g, n, dtype: ours.normal(g, (n,), 0.5, 2.0, dtype, contiguous=n < 2),
    lambda g, n, dtype: empty(2 * n, dtype)[::2].normal_(0.5, 2.0, generator=g),
    n=st.integers(0, 700),
    dtype=floats,
)
RANDINT = calls(
    "randint",
    lambda g, n, low, span: ours.randint(g, low, low + span, (n,)),
    lambda g, n, low, span: torch.randint(low, low + span, (n,), generator=g),
    n=sizes,
    low=st.integers(-(2**62), 2**61),
    span=st.integers(1, 100) | st.integers(2**28 - 2, 2**28 + 1) | st.integers(1, 2**61) | st.just(2**32),
)
RANDINT_FLOAT = calls(
    "randint of floats",
    lambda g, n, low, span, dtype: ours.randint(g, low, low + span, (n,), dtype),
    lambda g, n, low, span, dtype: empty(n, dtype).random_(low, low + span, generator=g),
    n=st.integers(0, 700),
    low=st.integers(-200, 200),
    span=st.integers(1, 2000),
    dtype=floats,
)
RANDOM = calls(
    "random",
    lambda g, n, dtype: ours.random(g, (n,), dtype),
    lambda g, n, dtype: empty(n, dtype).random_(generator=g),
    n=sizes,
    dtype=st.sampled_from(list(FLOATS | INTEGERS)),
)
RANDPERM = calls(
    "randperm",
    lambda g, n: ours.randperm(g, n),
    lambda g, n: torch.randperm(n, generator=g),
    n=sizes,
)
BERNOULLI = calls(
    "bernoulli",
    lambda g, n, p, dtype: ours.bernoulli(g, p, (n,), dtype),
    lambda g, n, p, dtype: empty(n, dtype).bernoulli_(p, generator=g),
    n=sizes,
    p=probabilities,
    dtype=st.sampled_from(list(FLOATS | INTEGERS)),
)


def chances(n, dtype):
    return np.linspace(0, 1, n).astype(dtype)


def tensor_of(array):
    return torch.from_numpy(array.astype(np.float64)).to(FLOATS[array.dtype.type])


BERNOULLI_FROM = calls(
    "bernoulli of a tensor",
    lambda g, n, dtype: ours.bernoulli_from(g, chances(n, dtype)),
    lambda g, n, dtype: torch.bernoulli(tensor_of(chances(n, dtype)), generator=g),
    n=sizes,
    dtype=floats,
)
EXPONENTIAL = calls(
    "exponential",
    lambda g, n, rate, dtype: ours.exponential(g, (n,), rate, dtype),
    lambda g, n, rate, dtype: empty(n, dtype).exponential_(rate, generator=g),
    n=sizes,
    rate=positive,
    dtype=floats,
)
GEOMETRIC = calls(
    "geometric",
    lambda g, n, p, dtype: ours.geometric(g, (n,), p, dtype),
    lambda g, n, p, dtype: empty(n, dtype).geometric_(p, generator=g),
    n=sizes,
    p=inside,
    dtype=st.sampled_from([*FLOATS, np.int64, np.int32]),
)
CAUCHY = calls(
    "cauchy",
    lambda g, n, median, sigma, dtype: ours.cauchy(g, (n,), median, sigma, dtype),
    lambda g, n, median, sigma, dtype: empty(n, dtype).cauchy_(median, sigma, generator=g),
    n=sizes,
    median=moderate,
    sigma=positive,
    dtype=floats,
)
LOG_NORMAL = calls(
    "log_normal",
    lambda g, n, mean, std, dtype: ours.log_normal(g, (n,), mean, std, dtype),
    lambda g, n, mean, std, dtype: empty(n, dtype).log_normal_(mean, std, generator=g),
    n=st.integers(0, 700),
    mean=moderate,
    std=st.floats(0.01, 3.0),
    dtype=floats,
)


def weights(shape, dtype):
    return (np.arange(math.prod(shape)) % 7 * 0.37 + 0.01).reshape(shape).astype(dtype)


MULTINOMIAL = calls(
    "multinomial",
    lambda g, shape, samples, dtype: ours.multinomial(g, weights(shape, dtype), samples, replacement=True),
    lambda g, shape, samples, dtype: torch.multinomial(tensor_of(weights(shape, dtype)), samples, True, generator=g),
    shape=st.tuples(st.integers(1, 300)) | st.tuples(st.integers(1, 6), st.integers(1, 60)),
    samples=st.integers(1, 300),
    dtype=floats,
)
MULTINOMIAL_ONCE = calls(
    "multinomial without replacement",
    lambda g, categories, dtype: ours.multinomial(g, weights((3, categories), dtype), categories // 2 + 1),
    lambda g, categories, dtype: torch.multinomial(
        tensor_of(weights((3, categories), dtype)), categories // 2 + 1, generator=g
    ),
    categories=st.integers(1, 60),
    dtype=st.sampled_from([np.float32, np.float64]),  # the half types have ties, whose order is not reproduced
)
ITEMS = {
    "152_rand": RAND,
    "153_uniform": UNIFORM,
    "154_155_156_normal": NORMAL,
    "154_normal_on_strided_targets": NORMAL_STRIDED,
    "158_randint": RANDINT,
    "158_randint_of_floats": RANDINT_FLOAT,
    "158_random_without_bounds": RANDOM,
    "159_randperm": RANDPERM,
    "160_bernoulli": BERNOULLI,
    "160_bernoulli_of_a_tensor": BERNOULLI_FROM,
    "161_exponential": EXPONENTIAL,
    "161_geometric": GEOMETRIC,
    "161_cauchy": CAUCHY,
    "161_log_normal": LOG_NORMAL,
    "162_multinomial": MULTINOMIAL,
    "162_multinomial_without_replacement": MULTINOMIAL_ONCE,
}


@pytest.mark.parametrize("item", ITEMS)
def test_item(item):
    @settings(max_examples=60, deadline=None)
    @given(seed=seeds, several=st.lists(ITEMS[item], min_size=1, max_size=3))
    def check(seed, several):
        generator, reference = pair(seed)
        for call in several:
            assert_same(call, call.draw(generator), call.reference(reference))
            assert_same_state(generator, reference)

    check()


@settings(max_examples=150, deadline=None)
@given(seed=seeds, mix=st.lists(st.tuples(st.one_of(*ITEMS.values()), st.booleans()), max_size=12))
def test_item_151_154_any_mix_of_calls_with_states_handed_over(seed, mix):
    generator, reference = pair(seed)
    for call, hand_over in mix:
        if hand_over:
            state, generator = generator.state_bytes(), ours.Generator()
            generator.set_state_bytes(reference.get_state().numpy())
            reference = torch.Generator()
            reference.set_state(torch.from_numpy(state))
        assert_same(call, call.draw(generator), call.reference(reference))
        assert generator.initial_seed() == reference.initial_seed()
    assert_same_state(generator, reference)


@given(seed=seeds, words=st.integers(0, 3 * 624 + 2))
@settings(max_examples=60, deadline=None)
def test_item_151_state_after_any_number_of_words(seed, words):
    generator, reference = pair(seed)
    ours.random(generator, (words,), np.int32)
    torch.empty(words, dtype=torch.int32).random_(generator=reference)
    assert_same_state(generator, reference)
    clone = generator.clone_state()
    assert_same_state(clone, reference)
    assert_same("rand", ours.rand(clone, (700,)), torch.rand(700, generator=reference))


@pytest.mark.parametrize("seed", ["a", 1.5, None, True, 2**64, -(2**63) - 1, np.int64(4)])
def test_item_150_bad_seeds(seed):
    with pytest.raises((RuntimeError, ValueError, TypeError)) as reference:
        torch.Generator().manual_seed(seed)
    with pytest.raises(reference.type) as error:
        ours.Generator().manual_seed(seed)
    assert str(error.value) == str(reference.value)


@pytest.mark.parametrize("size", [0, 10, 5048, 5056])
def test_item_151_bad_states(size):
    with pytest.raises(RuntimeError) as reference:
        torch.Generator().set_state(torch.zeros(size, dtype=torch.uint8))
    with pytest.raises(RuntimeError) as error:
        ours.Generator().set_state_bytes(np.zeros(size, np.uint8))
    assert str(error.value) == str(reference.value)


@settings(max_examples=60, deadline=None)
@given(
    seed=seeds,
    bounds=st.tuples(st.integers(-(2**62), 2**62), st.integers(-(2**62), 2**62)).map(sorted),
    dtype=st.sampled_from([np.float32, np.float64, bfloat16]),
)
def test_item_158_randint_beyond_the_consecutive_integers_of_a_float(seed, bounds, dtype):
    generator, reference = pair(seed)
    expected = outcome(lambda: empty(50, dtype).random_(*bounds, generator=reference))
    result = outcome(lambda: ours.randint(generator, *bounds, (50,), dtype))
    assert [text.partition(" This warning")[0] for text in expected.warnings] == result.warnings
    if isinstance(expected.value, Exception):
        assert str(result.value) == str(expected.value)
    else:
        assert_same(bounds, result.value, expected.value)


class Outcome(NamedTuple):
    value: object
    warnings: list


def outcome(draw):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = draw()
        except RuntimeError as error:
            value = error
    return Outcome(value, [str(warning.message) for warning in caught])


@pytest.mark.parametrize("n", [65_535, 65_536, 65_537, 100_000, 1_000_000])
def test_item_159_long_permutations(n):
    generator, reference = pair(n)
    assert_same("randperm", ours.randperm(generator, n), torch.randperm(n, generator=reference))


@pytest.mark.parametrize("n", [16, 17, 1248, 1249, 19_968, 19_969, 1_000_003])
@pytest.mark.parametrize("dtype", [np.float32, bfloat16], ids=["float32", "bfloat16"])
def test_item_155_156_long_normals_past_the_chunks(n, dtype):
    generator, reference = pair(n)
    assert_same("normal", ours.normal(generator, (n,), dtype=dtype), empty(n, dtype).normal_(generator=reference))
    assert_same_state(generator, reference)


@pytest.mark.parametrize("p", [0.0, 0.3, 0.5, 1.0])
def test_item_160_dropout(p):
    torch.manual_seed(3)
    kept = torch.nn.functional.dropout(torch.ones(5000), p) != 0
    following = torch.rand(3)
    generator = ours.Generator().manual_seed(3)
    np.testing.assert_array_equal(ours.dropout_mask(generator, p, (5000,)), kept.numpy())
    np.testing.assert_array_equal(ours.rand(generator, (3,)), following.numpy())


@pytest.mark.parametrize("dtype", [np.float32, np.float64, bfloat16], ids=["float32", "float64", "bfloat16"])
def test_item_161_rrelu(dtype):
    inputs = torch.linspace(-3, 2, 5001, dtype=FLOATS[dtype])
    torch.manual_seed(3)
    expected = torch.nn.functional.rrelu(inputs, 0.2, 0.9, training=True)
    wide = inputs.double().numpy()
    slopes = ours.rrelu_slopes(ours.Generator().manual_seed(3), int((wide <= 0).sum()), 0.2, 0.9, dtype)
    wide = wide.astype(slopes.dtype)
    wide[wide <= 0] *= slopes
    assert_same("rrelu", wide.astype(dtype), expected)


def test_item_163_base_seed_and_shuffle_of_a_data_loader():
    loader = torch.utils.data.DataLoader(torch.arange(1000), batch_size=1000, shuffle=True)
    torch.manual_seed(11)
    (batch,) = loader
    generator = ours.Generator().manual_seed(11)
    ours.random64(generator)
    shuffle = ours.Generator().manual_seed(ours.random64(generator) % 2**63)
    np.testing.assert_array_equal(ours.randperm(shuffle, 1000), batch.numpy())


def test_item_156_every_uniform_gives_pytorchs_radius_cosine_and_sine():
    """All 2**24 of them, handed to PyTorch through its state: radii with angle 0, then angles with radius 1."""
    pairs, calls = 304, 64  # 608 of a state's 624 words; the first is drawn before the state is taken
    everything = np.arange(2**24, dtype=np.uint32)
    reference, transform = HandedWords(), BoxMuller(pairs * calls)
    expected, normals = np.empty((2, calls, 2 * pairs), np.float32)
    for start in range(0, 2**24, pairs * calls):
        for role, other in ((0, 0), (1, fraction_with_radius_one())):
            words = np.full((calls * pairs // 8, 2, 8), other, np.uint32)
            words[:, role] = np.resize(everything[start : start + pairs * calls], (calls * pairs // 8, 8))
            for row, call in zip(expected, words.reshape(calls, -1), strict=True):
                row[:] = reference.normals(call)
            transform(words.reshape(-1), normals.reshape(-1))
            normals += 0.0  # -0 to 0, as in `normal`
            np.testing.assert_array_equal(normals.view(np.int32), expected.view(np.int32))


class HandedWords:
    """A generator of PyTorch's that draws the words it is handed."""

    def __init__(self):
        generator = ours.Generator()
        ours.random(generator, (1,), np.int32)
        self.generator = torch.Generator()
        self.state = torch.from_numpy(generator.state_bytes())
        self.key = self.state.numpy()[24 : 24 + 8 * 624].view(np.uint64)

    def normals(self, words):
        self.key[1 : words.size + 1] = _untemper(words)
        self.generator.set_state(self.state)
        return torch.empty(words.size).normal_(generator=self.generator).numpy()


@functools.cache
def fraction_with_radius_one():
    near = round((1 - math.exp(-0.5)) * 2**24)
    fractions = np.arange(near - 16, near + 16, dtype=np.uint32)
    words = np.zeros((32, 2, 8), np.uint32)
    words[:, 0] = fractions[:, None]
    normals = np.empty((32, 16), np.float32)
    BoxMuller(256)(words.reshape(-1), normals.reshape(-1))
    return fractions[normals[:, 0] == 1.0][0]
