"""Random streams: values recorded from PyTorch, and what must hold for any seed."""

import copy
import hashlib
import math
import pickle
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from random_cases import FLOATS, RECORDED, SEED, draw, words_for_every_uniform

import funcgrad.torch as torch
from funcgrad.torch import _random
from funcgrad.torch._random import continuous
from funcgrad.torch._random.compiled import LongDraw, padded
from funcgrad.torch._random.normal import NORMALS, ROLES
from funcgrad.torch._random.permutation import swapped
from funcgrad.torch._random.rounding import evaluate, fma, narrowed
from funcgrad.torch._random.stream import BLOCK, CHUNK, MEDIUM, SMALL
from funcgrad.torch._random.twister import MANY_BLOCKS, temper, untemper

RECORDS = dict(np.load(Path(__file__).parents[1] / "support" / "recorded" / "random_streams.npz"))

seeds = st.integers(-(2**63), 2**64 - 1)


def generator(seed=SEED):
    return _random.Generator().manual_seed(seed)


def assert_same_bits(array, expected, message=""):
    np.testing.assert_array_equal(np.ascontiguousarray(array).reshape(-1).view(np.uint8), expected, message)


@pytest.mark.parametrize("item", RECORDED)
def test_item(item):
    ours, record = generator(), RECORDS[item]
    for call in RECORDED[item]:
        values = draw(ours, call.name, **call.arguments)
        assert_same_bits(values, record[: values.nbytes], f"{call}")
        record = record[values.nbytes :]
    assert_same_bits(_random.rand(ours, (4,)), record, "the place in the stream")


def _by_numpy(words):
    return NORMALS.by_numpy(words)[0]


def _in_the_program(words):
    return NORMALS.count(NORMALS.pays_from)(padded(words, CHUNK))[0][: words.size]


@pytest.mark.parametrize("normals", [_by_numpy, _in_the_program])
def test_item_156_every_uniform(normals):
    digest = hashlib.sha256()
    for words in words_for_every_uniform():
        digest.update(normals(words.reshape(-1)) + np.float32(0))  # -0 to 0, as `normal` does
    assert digest.digest() == RECORDS["every_uniform"].tobytes()


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1), high=st.integers(0, 2**31 - 1))
def test_item_150_only_the_low_32_bits_of_a_seed_count(seed, high):
    long, short = generator(seed + high * 2**32), generator(seed)
    assert long.initial_seed() == seed + high * 2**32
    np.testing.assert_array_equal(_random.rand(long, (20,)), _random.rand(short, (20,)))


def test_item_150_negative_seeds_wrap():
    assert generator(-1).initial_seed() == 2**64 - 1


def test_item_150_random64_takes_the_high_word_first():
    words = _random.random(generator(), (2,), np.int32).astype(np.int64)
    assert _random.random64(generator()) % 2**31 == words[1]
    assert (_random.random64(generator()) >> 32) % 2**31 == words[0]


@pytest.mark.parametrize(
    "seed, error, text",
    [
        ("a", RuntimeError, "manual_seed expected a long, but got str"),
        (1.5, RuntimeError, "manual_seed expected a long, but got float"),
        (True, RuntimeError, "manual_seed expected a long, but got bool"),
        (np.int64(4), TypeError, "an integer is required"),
        (2**64, ValueError, "Overflow when unpacking long long"),
        (-(2**63) - 1, ValueError, "Overflow when unpacking long long"),
    ],
)
def test_item_150_bad_seeds(seed, error, text):
    with pytest.raises(error, match=f"^{text}$"):
        generator(seed)


@pytest.mark.parametrize("seed, taken", [(3.7, 3), ("5", 5), (True, 1), (np.int64(4), 4), (torch.tensor(2), 2)])
def test_item_150_the_default_generator_takes_what_int_makes_of_a_seed(seed, taken):
    assert torch.manual_seed(seed).initial_seed() == taken
    with pytest.raises(ValueError, match="invalid literal for int"):
        torch.manual_seed("x")


def test_item_151_manual_seed_returns_the_generator_and_drops_the_kept_normal():
    ours = generator()
    first = _random.normal(ours, (3,))
    assert ours.manual_seed(SEED) is ours
    np.testing.assert_array_equal(_random.normal(ours, (3,)), first)


def test_item_151_first_seeds():
    assert _random.Generator().initial_seed() == 67280421310721
    ours = _random.Generator()
    assert ours.seed() == ours.initial_seed() != 67280421310721
    assert _random.default_generator.initial_seed() != 67280421310721


def test_item_151_recorded_states():
    ours = [generator(-SEED) for _ in RECORDS["states"]]
    for words, one in zip((0, 1, 624, 625, 625), ours, strict=True):
        _random.random(one, (words,), np.int32)
    _random.normal(ours[-1], (3,))
    for one, state in zip(ours, RECORDS["states"], strict=True):
        np.testing.assert_array_equal(one.state_bytes(), state)


@settings(deadline=None)
@given(seed=seeds, before=st.integers(0, 3 * BLOCK), after=st.integers(0, 2 * CHUNK), kept=st.booleans())
def test_item_151_a_state_continues_where_it_was_taken(seed, before, after, kept):
    ours, other = generator(seed), _random.Generator()
    _random.rand(ours, (before,))
    _random.normal(ours, (int(kept),))
    other.set_state_bytes(ours.state_bytes())
    clones = [ours.clone_state(), copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))]
    expected = _random.rand(ours, (after,)).tolist() + _random.normal(ours, (3,)).tolist()
    for one in (other, *clones):
        assert one.initial_seed() == ours.initial_seed()
        assert _random.rand(one, (after,)).tolist() + _random.normal(one, (3,)).tolist() == expected
        np.testing.assert_array_equal(one.state_bytes(), ours.state_bytes())


def test_item_151_bad_states():
    ours = _random.Generator()
    with pytest.raises(RuntimeError, match="of size 5056 but found the input RNG state size to be 10"):
        ours.set_state_bytes(np.zeros(10, np.uint8))
    with pytest.raises(TypeError, match=r"must be a torch\.ByteTensor"):
        ours.set_state_bytes(np.zeros(5056, np.float32))
    for left, used in ((0, 0), (625, 0), (5, 3), (1, 625)):
        state = ours.state_bytes()
        state[8:12], state[16:24] = np.array([left], "<i4").view(np.uint8), np.array([used], "<u8").view(np.uint8)
        with pytest.raises(RuntimeError, match="Invalid mt19937 state"):
            ours.set_state_bytes(state)


def test_item_151_only_the_cpu_has_a_generator():
    assert _random.Generator("cpu").initial_seed() == _random.Generator().initial_seed()
    with pytest.raises(RuntimeError, match=r"Device type CUDA is not supported .* use torch.Generator\(\)"):
        _random.Generator("cuda:0")


def test_item_151_untemper_undoes_temper():
    key = np.random.RandomState(3).randint(0, 2**32, BLOCK, np.uint32)
    np.testing.assert_array_equal(untemper(temper(key)), key)


@pytest.mark.parametrize("dtype", FLOATS)
def test_item_153_a_result_that_rounds_to_the_bound_becomes_the_least(dtype):
    values = draw(
        generator(), "uniform", n=60_000, low=1.0, high=1.00001 if dtype != "float64" else 1 + 2**-51, dtype=dtype
    )
    assert (values == values.dtype.type(1.0)).any()
    assert (values < values.dtype.type(1.0) + values.dtype.type(0.01)).all()


@settings(deadline=None)
@given(count=st.integers(1, 15), dtype=st.sampled_from(FLOATS))
def test_item_154_scalar_normals_do_not_depend_on_how_they_are_asked_for(count, dtype):
    together = draw(generator(), "normal", n=count, mean=0.5, std=3.0, dtype=dtype)
    ours = generator()
    singly = [draw(ours, "normal", n=1, mean=0.5, std=3.0, dtype=dtype) for _ in range(count)]
    np.testing.assert_array_equal(np.concatenate(singly), together)


def test_item_154_long_strided_targets_go_on_in_pairs():
    singly, together = generator(), generator()
    values = [_random.normal(singly, (1,))[0] for _ in range(SMALL + 3)]
    np.testing.assert_array_equal(_random.normal(together, (SMALL + 3,), contiguous=False), values)


@pytest.mark.parametrize("count", [17, SMALL - 1, SMALL + 1, CHUNK + 5])
def test_item_155_an_incomplete_block_redraws_the_last_sixteen(count):
    whole = count // 16 * 16
    values = _random.normal(generator(), (count,))
    np.testing.assert_array_equal(values[: count - 16], _random.normal(generator(), (whole,))[: count - 16])
    later = generator()
    _random.rand(later, (count,))
    np.testing.assert_array_equal(values[-16:], _random.normal(later, (16,)))


def test_item_155_a_radius_of_zero_gives_no_negative_zero():
    ours = generator()
    ours.stream.restore(np.zeros(BLOCK, np.uint32), 1)  # the square root of -0 is -0, and the cosine 1
    values = _random.normal(ours, (16,))
    assert not values.any()
    assert not np.signbit(values).any()


def test_item_155_the_shape_does_not_matter():
    values = _random.normal(generator(), (4, 5, 3), 0.5, 2.0)
    np.testing.assert_array_equal(values.reshape(-1), _random.normal(generator(), (60,), 0.5, 2.0))
    assert _random.normal(generator(), ()).shape == ()


@settings(deadline=None)
@example(1.0 + 2.0**-52, 1.5, 2.0**-126)  # the product lies in the middle of two numbers
@example(1.0 + 2.0**-52, 1.5, -(2.0**-126))
@given(a=st.floats(0, 1), b=st.floats(-1e6, 1e6), c=st.floats(-1e6, 1e6))
def test_item_153_fma_rounds_once(a, b, c):
    exact = float(Fraction(a) * Fraction(b) + Fraction(c))
    tiny = 2.0**-900  # where the product's own error underflows, which no uniform of 53 bits can reach
    if abs(a) > tiny < abs(b):
        assert fma(np.array([a]), b, c)[0] == exact


@pytest.mark.parametrize("ulps", [-2, 2])
def test_item_161_a_last_bit_of_numpys_does_not_show(ulps):
    """Inputs whose results lie next to the middle of two float32 numbers, where a last bit decides."""
    middles = (1.0 + np.arange(200) * 2.0**-23 + 2.0**-24)[:, None] + np.arange(-3, 4) * 2.0**-52

    def off(values):
        return (values.view(np.int64) + ulps).view(np.float64)

    results = evaluate(off, float, middles.reshape(-1), lambda values: values * 1.0, np.dtype(np.float32))
    np.testing.assert_array_equal(results, middles.reshape(-1).astype(np.float32))
    assert (off(middles.reshape(-1)).astype(np.float32) != results).any()


@settings(deadline=None)
@given(seed=seeds, n=st.integers(2, 2000))
def test_item_159_interchanging_rows_is_swapping_one_by_one(seed, n):
    partners = np.arange(n - 1, dtype=np.int32) + generator(seed).stream.take(n - 1).astype(np.int32) % 7
    partners = np.minimum(partners, n - 1)
    order = list(range(n))
    for i, partner in enumerate(partners):
        order[i], order[partner] = order[partner], order[i]
    np.testing.assert_array_equal(swapped(np.arange(n), partners), order)


def test_item_154_half_types_round_a_float32():
    value = np.array([1 + 2.0**-11 + 2.0**-30])  # above the middle of two float16 numbers, but as a float32 on it
    assert narrowed(value, np.dtype(np.float16)) == 1.0


def test_item_162_the_running_sum_of_float32_weights_loses_the_tiny_ones():
    weights = np.array([1.0] + [5e-8] * 100_000)
    assert _random.multinomial(generator(), weights, 3000, True).any()
    assert not _random.multinomial(generator(), weights.astype(np.float32), 3000, True).any()


def test_item_162_a_uniform_on_the_border_takes_the_lower_category():
    first = _random.rand(generator(), (1,), np.float64)[0]
    assert _random.multinomial(generator(), np.array([first, 1 - first]), 2, True)[0] == 0


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_item_160_certain_dropout_draws_nothing(p):
    ours = generator()
    assert (_random.dropout_mask(ours, p, (3, 4)) == (p == 0.0)).all()
    assert _random.random64(ours) == _random.random64(generator())


def test_item_160_bernoulli_decides_by_all_53_bits():
    """The probability is a uniform's own value, and its neighbours: high words are equal, low words decide."""
    first = (_random.random64(generator()) % 2**53) * 2.0**-53
    for p, kept in ((first, False), (math.nextafter(first, 1.0), True), (math.nextafter(first, 0.0), False)):
        assert _random.bernoulli(generator(), p, (1,), np.bool_)[0] == kept


def test_item_160_dropout_keeps_with_the_other_probability():
    mask = _random.dropout_mask(generator(), 0.3, (50, 20))
    np.testing.assert_array_equal(mask, _random.bernoulli(generator(), 0.7, (50, 20), np.bool_))


def test_item_161_rrelu_slopes():
    slopes = _random.rrelu_slopes(generator(), 5, 0.1, 0.3, np.float64)
    units = _random.rand(generator(), (5,), np.float64)
    np.testing.assert_array_equal(slopes, units * (0.3 - 0.1) + 0.1)
    low, high = (float(np.float32(bound)) for bound in (0.1, 0.3))
    slopes = _random.rrelu_slopes(generator(), 5, 0.1, 0.3, np.float32)
    np.testing.assert_array_equal(slopes, (units * (high - low) + low).astype(np.float32))
    assert _random.rrelu_slopes(generator(), 5, 0.1, 0.3, np.float16).dtype == np.float32


def test_item_161_log_normal_overflows_to_infinity():
    assert continuous.log_normal(generator(), (3,), 1000.0, 1.0).tolist() == [math.inf] * 3


@settings(deadline=None)
@given(cuts=st.lists(st.integers(0, 2 * SMALL), max_size=5), rest=st.integers(0, CHUNK))
def test_item_152_any_cuts_of_a_draw_give_the_same_numbers(cuts, rest):
    ours = generator()
    pieces = [_random.rand(ours, (n,)) for n in (*cuts, rest)]
    np.testing.assert_array_equal(np.concatenate(pieces), _random.rand(generator(), (sum(cuts) + rest,)))


def test_draws_can_be_written_to_without_harm():
    ours, untouched = generator(), generator()
    for n in (5, 20, 2000):
        for values in (_random.rand(ours, (n,)), _random.normal(ours, (n,)), _random.random(ours, (n,), np.int32)):
            values[...] = 0
        _random.rand(untouched, (n,)), _random.normal(untouched, (n,)), _random.random(untouched, (n,), np.int32)
        np.testing.assert_array_equal(_random.rand(ours, (9,)), _random.rand(untouched, (9,)))


@pytest.mark.parametrize(
    "bad, text",
    [
        (
            lambda g: _random.uniform(g, (2,), 2, 1),
            r"uniform_ expects to return a \[from, to\) range, but found from=2 > to=1",
        ),
        (lambda g: _random.uniform(g, (2,), -3e38, 3e38), "to-from to exceed the limit"),
        (lambda g: _random.normal(g, (2,), 0.0, -1.0), "normal expects std >= 0.0, but found std -1"),
        (
            lambda g: _random.randint(g, 5, 3, (2,)),
            "random_ expects 'from' to be less than 'to', but got from=5 >= to=3",
        ),
        (lambda g: _random.randint(g, -1, 3, (2,), np.uint8), "from is out of bounds for unsigned char"),
        (lambda g: _random.randint(g, 0, 300, (2,), np.uint8), "to - 1 is out of bounds for unsigned char"),
        (lambda g: _random.randint(g, 0, 2**20, (2,), np.float16), "to - 1 is out of bounds for c10::Half"),
        (lambda g: _random.randperm(g, -1), r"Trying to create tensor with negative dimension -1: \[-1\]"),
        (lambda g: _random.randperm(g, 2**31), "PyTorch changes its stream at 214748364. Use a smaller n."),
        (lambda g: _random.bernoulli(g, 2.0, (2,)), r"bernoulli_ expects p to be in \[0, 1\], but got p=2"),
        (lambda g: _random.bernoulli_from(g, np.array([0.5, np.nan])), "Expected p_in >= 0 && p_in <= 1 to be true"),
        (lambda g: _random.exponential(g, (2,), -1.5), "exponential_ expects lambda > 0.0, but found lambda=-1.5"),
        (lambda g: _random.geometric(g, (2,), 1.0), r"geometric_ expects p to be in \(0, 1\), but got p=1"),
        (lambda g: _random.cauchy(g, (2,), 0.0, 0.0), "cauchy_ expects sigma > 0.0, but found sigma=0"),
        (lambda g: _random.log_normal(g, (2,), 0.0, 0.0), "log_normal_ expects std > 0.0, but found std=0"),
        (lambda g: _random.rrelu_slopes(g, 2, 0.5, 0.2), "Lower bound should be less than or equal to the upper bound"),
        (lambda g: _random.multinomial(g, np.ones((2, 2, 2)), 1), "prob_dist must be 1 or 2 dim"),
        (lambda g: _random.multinomial(g, np.ones(3), 0), "cannot sample n_sample <= 0 samples"),
        (lambda g: _random.multinomial(g, np.ones(3), 4), r"cannot sample n_sample > prob_dist.size\(-1\) samples"),
        (lambda g: _random.multinomial(g, np.zeros(3), 2), r"\(sum of probabilities <= 0\)"),
        (lambda g: _random.multinomial(g, np.zeros(3), 2, True), r"\(sum of probabilities <= 0\)"),
        (lambda g: _random.multinomial(g, np.array([1.0, -1]), 2, True), r"\(encountering probability entry < 0\)"),
        (lambda g: _random.multinomial(g, np.array([1.0, np.inf]), 2, True), "entry = infinity or NaN"),
        (lambda g: _random.multinomial(g, np.array([1.0, -1]), 1), "contains either `inf`, `nan` or element < 0"),
    ],
)
def test_bad_arguments(bad, text):
    ours = generator()
    with pytest.raises((RuntimeError, NotImplementedError), match=text):
        bad(ours)
    assert _random.random64(ours) == _random.random64(generator())  # nothing was drawn


@pytest.mark.filterwarnings("error")
def test_item_158_bounds_that_a_float_dtype_lacks_warn():
    with pytest.warns(UserWarning, match=r"to - 1 is out of bounds \[-\(2\^8\), 2\^8\].* c10::BFloat16 can support"):
        draw(generator(), "randint", n=3, low=0, high=1000, dtype="bfloat16")


PROGRAMS = NORMALS, ROLES, MANY_BLOCKS


def _many_draws():
    """Digests of draws of all sizes, and of the state after each."""
    ours = generator()
    sizes = (20, 1000, MEDIUM - 1, MEDIUM + 1, 5, CHUNK - 1, CHUNK + 17, 3 * CHUNK, 100, 4 * CHUNK + 5)
    for n in (*sizes, *[1000] * 200, *sizes):
        drawn = [_random.normal(ours, (n,), 0.5 * (n % 2), 1.0 + n % 3), _random.rand(ours, (n,)), ours.state_bytes()]
        yield n, [hashlib.sha256(values.tobytes()).hexdigest() for values in drawn]


def test_programs_for_long_draws_give_the_numbers_that_numpy_gives(monkeypatch):
    with monkeypatch.context() as patch:
        for draw in PROGRAMS:
            patch.setattr(draw, "program", None)
            patch.setattr(draw, "_is_tried", True)
        by_numpy = list(_many_draws())
    for draw in PROGRAMS:
        assert draw.count(draw.pays_from) is not None
    assert list(_many_draws()) == by_numpy


@pytest.mark.parametrize("other", [1.0, -0.0])
def test_a_program_that_rounds_otherwise_is_not_used(other):
    zeros = np.zeros(4, np.float32)
    draw = LongDraw(lambda x: [x + other], lambda x: [x], lambda: [zeros], pays_from=100)
    assert draw.count(99) is None
    assert (draw.count(1) is None) == (other != 0.0)
    assert (draw.count(1) is None) == (other != 0.0)


def is_nearest(x, exact):
    """Whether no float32 is nearer to an exact number."""
    neighbours = [np.nextafter(x, np.float32(end)) for end in (-np.inf, np.inf)]
    return all(abs(Fraction(float(x)) - exact) <= abs(Fraction(float(y)) - exact) for y in neighbours)


def test_item_151_a_uniform_from_a_tiny_bound_is_rounded_once():
    units, drawn = (_random.uniform(generator(), (512,), *bounds) for bounds in ((), (2.0**-52, 9.0)))
    exact = [Fraction(float(u)) * 9 + Fraction(2.0**-52) for u in units]
    assert all(map(is_nearest, drawn, exact))


def test_item_154_a_normal_with_a_tiny_mean_is_rounded_once():
    normals, drawn = (_random.normal(generator(), (512,), *options) for options in ((), (2.0**-126, 3.0)))
    exact = [Fraction(float(z)) * 3 + Fraction(2.0**-126) for z in normals]
    assert all(map(is_nearest, drawn, exact))


def test_a_generator_says_on_which_device_it_draws():
    assert torch.Generator().device == torch.default_generator.device == torch.device("cpu")
