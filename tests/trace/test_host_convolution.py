"""Convolutions on the host: XLA's results for every stride, dilation, group and order of axes."""

import itertools

import jax
import numpy as np
import pytest

from funcgrad.trace.host import convolution as module
from funcgrad.trace.host import windows
from funcgrad.trace.host.convolution import convolution

RANDOM = np.random.default_rng(0)
SHAPES = [((7,), (3,)), ((9, 8), (3, 2)), ((6, 6), (1, 1)), ((4, 5), (7, 6)), ((5, 6, 4), (2, 3, 2))]
GROUPS = [(1, 1), (2, 1), (1, 2)]


def on_host(x, w, **params):
    with jax.enable_x64(True):
        (equation,) = jax.make_jaxpr(lambda x, w: jax.lax.conv_general_dilated(x, w, **params))(x, w).eqns
        return convolution([x, w], (), **equation.params)(x, w)


def both(x, w, **params):
    """By the host and by XLA, in 64 bits."""
    with jax.enable_x64(True):
        return on_host(x, w, **params), jax.jit(lambda x, w: jax.lax.conv_general_dilated(x, w, **params))(x, w)


def arrays(space, window, groups=1):
    return RANDOM.normal(size=(4, 6, *space)), RANDOM.normal(size=(8, 6 // groups, *window))


@pytest.mark.parametrize("space, window", SHAPES)
@pytest.mark.parametrize("groups", GROUPS)
def test_it_is_xlas(space, window, groups):
    features, batches = groups
    for stride, dilation, spread, edges in itertools.product((1, 2), (1, 2), (1, 2), ((0, 0), (2, 1), (-1, 0))):
        reach = [(n - 1) * spread + 1 + sum(edges) - (k - 1) * dilation for n, k in zip(space, window, strict=True)]
        if min(reach) < 1:
            continue  # nothing to compute
        n = len(space)
        params = {"window_strides": (stride,) * n, "padding": [edges] * n}
        params |= {"lhs_dilation": (spread,) * n, "rhs_dilation": (dilation,) * n}
        params |= {"feature_group_count": features, "batch_group_count": batches}
        ours, theirs = both(*arrays(space, window, features), **params)
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def test_axes_lie_anywhere():
    x, w = arrays((9, 8), (3, 2))
    x, w = x.transpose(1, 2, 3, 0), w.transpose(2, 0, 1, 3)
    ours, theirs = both(
        x, w, window_strides=(2, 1), padding=[(1, 0), (0, 2)], dimension_numbers=("CHWN", "HOIW", "WNCH")
    )
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def test_16_bits_are_summed_in_32():
    x, w = (a.astype(jax.numpy.bfloat16) for a in arrays((9,), (3,)))
    ours, theirs = both(x, w, window_strides=(1,), padding=[(1, 1)])
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours.astype(float), np.asarray(theirs).astype(float), rtol=2**-7, atol=1e-6)


@pytest.mark.parametrize("space, window", [((9, 8), (3, 2)), ((5, 6, 4), (5, 5, 4))])
@pytest.mark.parametrize("block", [1, 500], ids=["one by one", "some at a time"])
@pytest.mark.parametrize("short", [0, 10**6], ids=["an example alone", "side by side"])
@pytest.mark.parametrize("spare", [0, 10**6], ids=["row by row", "runs"])
@pytest.mark.parametrize("spread", [1, 2])
def test_its_blocks_are_the_whole(monkeypatch, space, window, block, short, spare, spread):
    n = len(space)
    params = {"window_strides": (1,) * n, "padding": [(2, 1)] * n, "lhs_dilation": (spread,) * n}
    x, w = arrays(space, window)
    whole = on_host(x, w, **params)
    monkeypatch.setattr(module, "BLOCK", block)
    monkeypatch.setattr(module, "SHORT", short)
    monkeypatch.setattr(windows, "SPARE", spare)
    np.testing.assert_allclose(on_host(x, w, **params), whole, rtol=1e-12, atol=1e-12)
