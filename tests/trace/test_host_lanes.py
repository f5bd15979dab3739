"""Lanes: small arrays that are computed alike are computed together, to the same bits, and everything else is left."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from funcgrad.trace.host import function as module
from funcgrad.trace.host.function import host_function
from funcgrad.trace.host.lanes import LARGEST

RANDOM = np.random.default_rng(0)
SHAPES = [(3, 4), (5,), (1,), (2, 1, 3), (LARGEST + 1,)]


def apart(function, *arrays):
    """The results with every call made on its own array."""
    merged, module.merged = module.merged, lambda calls, *_: calls
    try:
        return host_function(jax.make_jaxpr(function)(*arrays))(*arrays)
    finally:
        module.merged = merged


def calls_of(function, *arrays):
    """The calls that are made, and the results."""
    found = []
    written, module.written = module.written, lambda calls, *rest: found.append(calls) or written(calls, *rest)
    try:
        results = host_function(jax.make_jaxpr(function)(*arrays))(*arrays)
    finally:
        module.written = written
    return found[0], results


def assert_same(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_array_equal(a, b)


def update(p, g, m, rate):
    m = 0.9 * m + 0.1 * g
    return p - rate * m / (jnp.sqrt(jnp.abs(g)) + 1e-8), m


def updated(rate, *arrays):
    n = len(arrays) // 3
    return [x for own in zip(arrays[:n], arrays[n : 2 * n], arrays[2 * n :], strict=True) for x in update(*own, rate)]


def arrays_for(shapes, dtype=np.float32):
    return [RANDOM.normal(size=shape).astype(dtype) for _ in range(3) for shape in shapes]


@given(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=9))
def test_parameters_are_updated_together_as_each_by_itself(shapes):
    arrays = [np.float32(0.1), *arrays_for(shapes)]
    before = [x.copy() for x in arrays]
    assert_same(host_function(jax.make_jaxpr(updated)(*arrays))(*arrays), apart(updated, *arrays))
    assert_same(arrays, before)


def test_ten_small_parameters_take_few_calls_more_than_one():
    few, _ = calls_of(updated, np.float32(0.1), *arrays_for([(5,)]))
    many, _ = calls_of(updated, np.float32(0.1), *arrays_for([(5,)] * 5 + [(2, 3)] * 5))
    assert len(many) <= len(few) + 5


def test_a_large_parameter_is_computed_by_itself():
    shapes = [(LARGEST + 1,)] * 3
    one, _ = calls_of(updated, np.float32(0.1), *arrays_for(shapes[:1]))
    three, _ = calls_of(updated, np.float32(0.1), *arrays_for(shapes))
    assert len(three) > 2 * len(one)


def test_arrays_of_two_dtypes_are_not_joined():
    def roots(*arrays):
        return [jnp.sqrt(jnp.abs(x)) - x for x in arrays]

    arrays = [*arrays_for([(5,)]), *arrays_for([(5,)], np.float64)]
    with jax.enable_x64(True):
        calls, found = calls_of(roots, *arrays)
        assert_same(found, apart(roots, *arrays))
    assert sum(call.function is np.sqrt for call in calls) == 2


def test_a_number_of_ones_own_is_not_mistaken_for_anothers():
    def scaled(*operands):
        n = len(operands) // 2
        return [jnp.abs(jnp.sqrt(jnp.abs(x * y))) - y for x, y in zip(operands[:n], operands[n:], strict=True)]

    arrays = [*arrays_for([(4,)] * 2), *(np.float32(k) for k in range(6))]
    _, found = calls_of(scaled, *arrays)
    assert_same(found, apart(scaled, *arrays))


def test_what_waits_for_its_like_is_left_as_it_is():
    def normalized(*arrays):
        made = [jnp.abs(jnp.sqrt(jnp.abs(x))) + x for x in arrays]
        total = sum(jnp.sum(x) for x in made)
        return [jnp.cumsum(arrays[0]), *(x / total + x * x for x in made)]

    arrays = arrays_for([(4,), (2, 3)])
    calls, found = calls_of(normalized, *arrays)
    assert sum(call.function is np.sqrt for call in calls) == len(arrays)
    assert_same(found, apart(normalized, *arrays))


def test_what_others_need_of_them_is_there():
    def function(*arrays):
        made = [jnp.abs(jnp.sqrt(jnp.abs(x))) + x for x in arrays]
        return [jnp.cumsum(made[0]), *made[1:], jnp.sum(made[1])]

    arrays = arrays_for([(4,), (2, 3), (1,)])
    calls, found = calls_of(function, *arrays)
    assert sum(call.function is np.sqrt for call in calls) == 1
    assert_same(found, apart(function, *arrays))
