"""Host functions: any chain of primitives gives what JAX gives, with few arrays and nothing computed twice."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from funcgrad.trace.host import function as module
from funcgrad.trace.host.function import host_function

RANDOM = np.random.default_rng(0)
OPERATORS = {
    "add": lambda x, y: x + y,
    "scaled": lambda x, y: x * 2 + y,
    "product": lambda x, y: x * y,
    "maximum": jnp.maximum,
    "choice": lambda x, y: jnp.where(x > y, x, -y),
    "negative": lambda x, y: -x,
    "turned": lambda x, y: x[::-1].T.reshape(3, 4) if x.shape == (3, 4) else x,
    "first row": lambda x, y: x[:1] if x.ndim == 2 else x,
    "row": lambda x, y: x[0] if x.ndim == 2 else x,
    "repeated": lambda x, y: jnp.broadcast_to(x, jnp.broadcast_shapes(x.shape, (3, 4))),
    "sum of rows": lambda x, y: x.sum(0, keepdims=True) if x.ndim == 2 else x,
    "number": lambda x, y: x.reshape(-1)[0],
}
chains = st.lists(st.tuples(st.sampled_from(sorted(OPERATORS)), st.integers(0, 9), st.integers(0, 9)), max_size=9)


@given(chains, st.sets(st.integers(0, 9), min_size=1))
def test_any_chain_gives_what_jax_gives_and_leaves_its_operands(chain, asked):
    def function(*arrays):
        made = [*arrays]
        for name, i, j in chain:
            made.append(OPERATORS[name](made[i % len(made)], made[j % len(made)]))
        return [made[k % len(made)] for k in asked]

    arrays = [RANDOM.normal(size=shape) for shape in [(3, 4), (3, 4), (4,), (1, 4), ()]]
    given_arrays = [x.copy() for x in arrays]
    with jax.enable_x64(True):
        traced = jax.make_jaxpr(function)(*arrays)
        expected = function(*map(jnp.asarray, arrays))
    for ours, theirs in zip(host_function(traced)(*given_arrays), expected, strict=True):
        assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)
    for after, before in zip(given_arrays, arrays, strict=True):
        np.testing.assert_array_equal(after, before)


def calls_of(monkeypatch, function, *arrays):
    written = []
    monkeypatch.setattr(module, "written", lambda calls, *_: written.append(calls))
    host_function(jax.make_jaxpr(function)(*arrays))
    return written[0]


X = np.ones((3, 4), np.float32)


def test_what_is_the_same_for_two_parameters_is_computed_once(monkeypatch):
    def rates(x, y, t):
        return x * jnp.sqrt(1 - jnp.exp(t)), y * jnp.sqrt(1 - jnp.exp(t))

    assert len(calls_of(monkeypatch, rates, X, X, np.float32(3))) == 5


def test_constants_are_computed_once_for_all_runs(monkeypatch):
    mask = calls_of(monkeypatch, lambda x: jnp.where(jnp.tril(jnp.ones((3, 4), bool)), x, 0), X)
    assert len(mask) == 1


def test_nothing_is_repeated_that_numpy_broadcasts(monkeypatch):
    (add,) = calls_of(monkeypatch, lambda x, bias: x + jnp.broadcast_to(bias, (3, 4)), X, X[0])
    assert add.function is np.add


def test_a_result_takes_the_memory_of_what_is_needed_for_it_alone(monkeypatch):
    calls = calls_of(monkeypatch, lambda x: jnp.sqrt(jnp.abs(x)) - 1, X)
    assert [call.out is not None for call in calls] == [False, True, True]


def test_an_array_that_a_view_shows_keeps_its_memory(monkeypatch):
    def function(x):
        y = jnp.abs(x)
        return y[0] - 1, -y

    assert all(call.out is None for call in calls_of(monkeypatch, function, X) if call.function is np.negative)


def test_a_product_of_fewer_elements_is_rounded_with_the_sum_too():
    x, y, z = (RANDOM.normal(size=shape).astype(np.float32) for shape in [(), (4,), (3, 4)])
    (found,) = host_function(jax.make_jaxpr(lambda x, y, z: x * y + z)(x, y, z))(x, y, z)
    np.testing.assert_array_equal(found, (x.astype(float) * y + z).astype(np.float32))
