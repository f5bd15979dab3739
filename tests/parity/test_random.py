"""Random streams against PyTorch's own, live: any calls in any order, bit for bit, and the state after each."""

import warnings
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from random_cases import DTYPES, FLOATS, Call, draw, words_for_every_uniform
from torch_random import HandedWords, raw, torch_draw

from funcgrad.torch import _random
from funcgrad.torch._random.normal import NORMALS

pytestmark = pytest.mark.filterwarnings(r"ignore:.*out of bounds \[-:UserWarning")  # one test below compares these

seeds = st.integers(-(2**63), 2**64 - 1)
sizes = st.one_of(st.integers(0, 40), st.integers(0, 700), st.integers(0, 10_000))
floats = st.sampled_from(FLOATS)
any_dtype = st.sampled_from(list(DTYPES))
moderate = st.floats(-10, 10, width=32)
probabilities = st.floats(0, 1) | st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0, 2.0**-53])
inside = st.floats(0.01, 0.99)
positive = st.floats(0.01, 100.0)


def assert_same(call, array, tensor):
    assert array.shape == tuple(tensor.shape), call
    data = np.ascontiguousarray(array).tobytes()
    assert data == raw(tensor).tobytes(), f"{call}: {array.reshape(-1)[:8]} for {tensor.reshape(-1)[:8]}"


def assert_same_state(generator, reference):
    assert generator.state_bytes().tobytes() == reference.get_state().numpy().tobytes()


def assert_same_draw(call, generator, reference):
    expected = torch_draw(reference, call.name, **call.arguments)
    assert_same(call, draw(generator, call.name, **call.arguments), expected)


def pair(seed):
    return _random.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)


def calls(name, **strategies):
    return st.fixed_dictionaries(strategies).map(lambda arguments: Call(name, arguments))


def bounds(**strategies):
    """`low` and `high` in order, with other arguments."""
    return (
        st.tuples(moderate, moderate)
        .map(sorted)
        .flatmap(lambda both: calls("uniform", low=st.just(both[0]), high=st.just(both[1]), **strategies))
    )


def ranges(dtypes, low, span):
    return st.tuples(low, span).flatmap(
        lambda both: calls("randint", n=sizes, low=st.just(both[0]), high=st.just(sum(both)), dtype=dtypes)
    )


ITEMS = {
    "152_rand": calls("rand", n=sizes, dtype=floats),
    "153_uniform": bounds(n=sizes, dtype=floats),
    "154_155_156_normal": calls(
        "normal", n=sizes, mean=moderate | st.just(0.0), std=positive | st.sampled_from([0.0, 1.0]), dtype=floats
    ),
    "154_normal_on_strided_targets": calls("strided_normal", n=st.integers(0, 700), dtype=floats),
    "158_randint": ranges(
        st.just("int64"),
        st.integers(-(2**62), 2**61),
        st.integers(1, 100) | st.integers(2**28 - 2, 2**28 + 1) | st.integers(1, 2**61) | st.just(2**32),
    ),
    "158_randint_of_floats": ranges(floats, st.integers(-200, 200), st.integers(1, 2000)),
    "158_random_without_bounds": calls("random", n=sizes, dtype=any_dtype),
    "159_randperm": calls("randperm", n=sizes),
    "160_bernoulli": calls("bernoulli", n=sizes, p=probabilities, dtype=any_dtype),
    "160_bernoulli_of_a_tensor": calls("bernoulli_from", n=sizes, dtype=floats),
    "161_exponential": calls("exponential", n=sizes, rate=positive, dtype=floats),
    "161_geometric": calls("geometric", n=sizes, p=inside, dtype=floats | st.sampled_from(["int64", "int32"])),
    "161_cauchy": calls("cauchy", n=sizes, median=moderate, sigma=positive, dtype=floats),
    "161_log_normal": calls("log_normal", n=st.integers(0, 700), mean=moderate, std=st.floats(0.01, 3.0), dtype=floats),
    "162_multinomial": calls(
        "multinomial",
        shape=st.tuples(st.integers(1, 300)) | st.tuples(st.integers(1, 6), st.integers(1, 60)),
        samples=st.integers(2, 300),
        replacement=st.just(True),
        dtype=floats,
    ),
    "162_multinomial_without_replacement": st.integers(1, 60).flatmap(
        lambda categories: calls(
            "multinomial",
            shape=st.just((3, categories)),
            samples=st.integers(1, categories),
            replacement=st.just(False),
            dtype=st.sampled_from(["float32", "float64"]),  # the half types have ties, whose order is not reproduced
        )
    ),
}


@pytest.mark.parametrize("item", ITEMS)
def test_item(item):
    @settings(max_examples=60, deadline=None)
    @given(seed=seeds, several=st.lists(ITEMS[item], min_size=1, max_size=3))
    def check(seed, several):
        generator, reference = pair(seed)
        for call in several:
            assert_same_draw(call, generator, reference)
            assert_same_state(generator, reference)

    check()


@settings(max_examples=150, deadline=None)
@given(seed=seeds, mix=st.lists(st.tuples(st.one_of(*ITEMS.values()), st.booleans()), max_size=12))
def test_item_151_154_any_mix_of_calls_with_states_handed_over(seed, mix):
    generator, reference = pair(seed)
    for call, hand_over in mix:
        if hand_over:
            state, generator = generator.state_bytes(), _random.Generator()
            generator.set_state_bytes(reference.get_state().numpy())
            reference = torch.Generator()
            reference.set_state(torch.from_numpy(state))
        assert_same_draw(call, generator, reference)
        assert generator.initial_seed() == reference.initial_seed()
    assert_same_state(generator, reference)


@given(seed=seeds, words=st.integers(0, 3 * 624 + 2))
@settings(max_examples=60, deadline=None)
def test_item_151_state_after_any_number_of_words(seed, words):
    generator, reference = pair(seed)
    _random.random(generator, (words,), np.int32)
    torch.empty(words, dtype=torch.int32).random_(generator=reference)
    assert_same_state(generator, reference)
    clone = generator.clone_state()
    assert_same_state(clone, reference)
    assert_same("rand", _random.rand(clone, (700,)), torch.rand(700, generator=reference))


@pytest.mark.parametrize("seed", ["a", 1.5, None, True, 2**64, -(2**63) - 1, np.int64(4)])
def test_item_150_bad_seeds(seed):
    with pytest.raises((RuntimeError, ValueError, TypeError)) as reference:
        torch.Generator().manual_seed(seed)
    with pytest.raises(reference.type) as error:
        _random.Generator().manual_seed(seed)
    assert str(error.value) == str(reference.value)


@pytest.mark.parametrize("size", [0, 10, 5048, 5056])
def test_item_151_bad_states(size):
    with pytest.raises(RuntimeError) as reference:
        torch.Generator().set_state(torch.zeros(size, dtype=torch.uint8))
    with pytest.raises(RuntimeError) as error:
        _random.Generator().set_state_bytes(np.zeros(size, np.uint8))
    assert str(error.value) == str(reference.value)


@settings(max_examples=60, deadline=None)
@given(
    seed=seeds,
    bounds=st.tuples(st.integers(-(2**62), 2**62), st.integers(-(2**62), 2**62)).map(sorted),
    dtype=st.sampled_from(["float32", "float64", "bfloat16"]),
)
def test_item_158_randint_beyond_the_consecutive_integers_of_a_float(seed, bounds, dtype):
    generator, reference = pair(seed)
    call = Call("randint", {"n": 50, "low": bounds[0], "high": bounds[1], "dtype": dtype})
    expected = outcome(lambda: torch_draw(reference, call.name, **call.arguments))
    result = outcome(lambda: draw(generator, call.name, **call.arguments))
    assert [text.partition(" This warning")[0] for text in expected.warnings] == result.warnings
    if isinstance(expected.value, Exception):
        assert str(result.value) == str(expected.value)
    else:
        assert_same(call, result.value, expected.value)


class Outcome(NamedTuple):
    value: object
    warnings: list


def outcome(drawn):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = drawn()
        except RuntimeError as error:
            value = error
    return Outcome(value, [str(warning.message) for warning in caught])


@pytest.mark.parametrize("n", [65_535, 65_536, 65_537, 100_000, 1_000_000])
def test_item_159_long_permutations(n):
    generator, reference = pair(n)
    assert_same("randperm", _random.randperm(generator, n), torch.randperm(n, generator=reference))


@pytest.mark.parametrize("n", [16, 17, 1248, 1249, 19_968, 19_969, 1_000_003])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_item_155_156_long_normals_past_the_chunks(n, dtype):
    generator, reference = pair(n)
    assert_same_draw(Call("normal", {"n": n, "mean": 0.0, "std": 1.0, "dtype": dtype}), generator, reference)
    assert_same_state(generator, reference)


@pytest.mark.parametrize("n", [3, 40])
def test_item_157_other_ways_to_draw_normals(n):
    (generator, reference), means, stds = pair(n), torch.linspace(-2, 2, n), torch.linspace(0, 3, n)
    assert_same("floats", _random.normal(generator, (n,), 0.5, 2.0), torch.normal(0.5, 2.0, (n,), generator=reference))
    standard = _random.normal(generator, (n,))
    assert_same("tensors", standard * stds.numpy() + means.numpy(), torch.normal(means, stds, generator=reference))
    assert_same("like", _random.normal(generator, (n,)), torch.randn_like(means, generator=reference))


@pytest.mark.parametrize("p", [0.0, 0.3, 0.5, 1.0])
def test_item_160_dropout(p):
    torch.manual_seed(3)
    kept = torch.nn.functional.dropout(torch.ones(5000), p) != 0
    following = torch.rand(3)
    generator = _random.Generator().manual_seed(3)
    np.testing.assert_array_equal(_random.dropout_mask(generator, p, (5000,)), kept.numpy())
    np.testing.assert_array_equal(_random.rand(generator, (3,)), following.numpy())


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_item_161_rrelu(dtype):
    inputs = torch.linspace(-3, 2, 5001, dtype=getattr(torch, dtype))
    torch.manual_seed(3)
    expected = torch.nn.functional.rrelu(inputs, 0.2, 0.9, training=True)
    wide = inputs.double().numpy()
    slopes = _random.rrelu_slopes(_random.Generator().manual_seed(3), int((wide <= 0).sum()), 0.2, 0.9, DTYPES[dtype])
    wide = wide.astype(slopes.dtype)
    wide[wide <= 0] *= slopes
    assert_same("rrelu", wide.astype(DTYPES[dtype]), expected)


def test_item_162_the_running_sum_of_float32_weights_loses_the_tiny_ones():
    generator, reference = pair(5)
    weights = np.array([1.0] + [5e-8] * 100_000, np.float32)
    expected = torch.multinomial(torch.from_numpy(weights), 3000, True, generator=reference)
    assert_same("multinomial", _random.multinomial(generator, weights, 3000, True), expected)


def test_item_163_base_seed_and_shuffle_of_a_data_loader():
    loader = torch.utils.data.DataLoader(torch.arange(1000), batch_size=1000, shuffle=True)
    torch.manual_seed(11)
    (batch,) = loader
    generator = _random.Generator().manual_seed(11)
    _random.random64(generator)
    shuffle = _random.Generator().manual_seed(_random.random64(generator) % 2**63)
    np.testing.assert_array_equal(_random.randperm(shuffle, 1000), batch.numpy())


def test_item_156_every_uniform():
    reference = HandedWords()
    for words in words_for_every_uniform():
        (normals,) = NORMALS.by_numpy(words)
        normals += np.float32(0)  # -0 to 0, as `normal` does
        expected = np.concatenate([reference.normals(row) for row in words])
        np.testing.assert_array_equal(normals.view(np.int32), expected.view(np.int32))
