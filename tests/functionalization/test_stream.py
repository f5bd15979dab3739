"""The random stream as a function: word for word the generator's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad import functionalize
from funcgrad.functionalization.draws import Draw, drawn
from funcgrad.functionalization.stream import take
from funcgrad.torch import _random

nn = torch.nn


def stream_of(generator):
    key, used = generator.stream.state()
    return jnp.asarray(key), jnp.asarray(used, jnp.int32)


@pytest.mark.parametrize("before", [0, 1, 600, 624, 625])
@pytest.mark.parametrize("count", [1, 24, 623, 624, 625, 2000])
def test_words_and_the_state_after_them_are_the_generators(before, count):
    generator = _random.Generator().manual_seed(7)
    generator.stream.take(before)
    words, (key, used) = take(stream_of(generator), count)
    np.testing.assert_array_equal(words, generator.stream.take(count))
    expected_key, expected_used = generator.stream.state()
    np.testing.assert_array_equal(key, expected_key)
    assert int(used) == expected_used


def test_masks_are_the_generators():
    generator = _random.Generator().manual_seed(3)
    draws = (Draw(0.25, (4, 5), (0, 1)), Draw(0.9, (3,), (0,)), Draw(0.5, (2, 3, 4), (2, 0, 1)))
    masks, _ = drawn(draws, stream_of(generator))
    for draw, mask in zip(draws, masks, strict=True):
        expected = _random.dropout_mask(generator, draw.p, draw.shape).transpose(draw.axes)
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
