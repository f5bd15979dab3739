"""Operators as primitives: what they are traced to, and that their loops stay loops."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.core import jaxpr_as_fun

import funcgrad.torch as torch
from funcgrad.torch import nn
from funcgrad.torch.nn import functional
from funcgrad.trace import equation
from funcgrad.trace.jaxprs import called_by, jaxpr_of, rolled, with_wide_sums

FLOAT = np.dtype(np.float32)


def _names(function, *shapes):
    jaxpr = jaxpr_of(function, [jax.ShapeDtypeStruct(shape, FLOAT) for shape in shapes]).jaxpr
    return [e.primitive.name for e in jaxpr.eqns], jaxpr


def test_what_a_function_calls_is_not_a_function_of_its_own():
    _, jaxpr = _names(lambda x, y: [jnp.where(x > y, jnp.clip(x, 0, 1), y)], (2, 3), (2, 3))
    assert all(called_by(e) is None for e in jaxpr.eqns)


def test_the_primitives_compute_what_the_function_does():
    x = np.linspace(-2, 2, 6, dtype=np.float32).reshape(2, 3)
    closed = jaxpr_of(lambda x: [jnp.tanh(x).sum(0), x @ x.T], [jax.ShapeDtypeStruct(x.shape, FLOAT)])
    found = jaxpr_as_fun(closed)(x)
    np.testing.assert_allclose(found[0], np.tanh(x).sum(0), rtol=1e-6)
    np.testing.assert_allclose(found[1], x @ x.T, rtol=1e-6)


def test_numbers_of_16_bits_add_up_in_float32():
    x = jnp.linspace(0, 3, 400, dtype=jnp.bfloat16)
    closed = jaxpr_of(lambda x: [jax.lax.reduce_sum(x, (0,)), -x], [jax.ShapeDtypeStruct(x.shape, x.dtype)])
    total, negative = jaxpr_as_fun(with_wide_sums(closed))(x)
    assert total.dtype == x.dtype
    assert float(total) == float(x.astype(np.float32).sum().astype(x.dtype))
    np.testing.assert_array_equal(negative, -x)


def test_a_loop_is_written_out_but_where_it_is_rolled():
    def total(scan):
        return lambda x: [scan(lambda carry, row: (carry + row, None), jnp.zeros(3), x)[0]]

    assert "scan" not in _names(total(jax.lax.scan), (5, 3))[0]
    assert "scan" in _names(total(rolled(jax.lax.scan)), (5, 3))[0]


def _recurrent(kind):
    def run(n):
        layer = kind(2, 3)
        return layer(torch.ones(n, 1, 2))[0].sum()

    return run


def _ctc(n):
    log_p = torch.zeros(n, 1, 4, requires_grad=True)
    return functional.ctc_loss(log_p, torch.tensor([[1, 2]]), torch.tensor([n]), torch.tensor([2]))


def _householder(n):
    return torch.linalg.householder_product(torch.ones(30, n, requires_grad=True), torch.ones(n)).sum()


def _wide_kernel(n):
    weight = torch.ones(4, 1, 9 * n, 9, requires_grad=True)
    return functional.conv2d(torch.ones(1, 4, 120, 20), weight, groups=4).sum()


def _search(n):
    return torch.searchsorted(torch.arange(2.0**n), torch.tensor([1.0])).sum() * torch.ones((), requires_grad=True)


def _bag(n):
    index = torch.zeros(2**n, dtype=torch.long)
    return functional.embedding_bag(index, torch.ones(3, 2, requires_grad=True), torch.arange(2**n)).sum()


def _cross_map(n):
    return nn.CrossMapLRN2d(3)(torch.ones(1, 4 * n, 2, 2, requires_grad=True)).sum()


LOOPS = {
    "cross_map": _cross_map,
    "rnn": _recurrent(nn.RNN),
    "lstm": _recurrent(nn.LSTM),
    "gru": _recurrent(nn.GRU),
    "ctc_loss": _ctc,
    "householder_product": _householder,
    "convolution by rows": _wide_kernel,
    "searchsorted": _search,
    "embedding_bag": _bag,
    "cholesky_ex": lambda n: torch.linalg.cholesky_ex(torch.ones(n, n)).info.sum() * torch.ones((), requires_grad=True),
}


@pytest.mark.parametrize("case", LOOPS)
def test_an_operator_and_its_gradient_are_no_longer_for_longer_operands(case, monkeypatch):
    """Compiling would take as much longer."""
    counts = {}

    def counted(n):
        found = counts[n] = []

        def traced(*operator):
            jaxpr = untraced(*operator)
            found.append(_size(jaxpr.jaxpr))
            return jaxpr

        monkeypatch.setattr(equation, "_traced", traced)
        LOOPS[case](n).backward()
        torch.zeros(()).item()

    untraced = equation._traced.__wrapped__
    counted(6)
    counted(12)
    assert max(counts[12]) <= max(counts[6]) + 5


def _size(jaxpr):
    """Equations, with those of a loop's body once."""
    inner = [p for e in jaxpr.eqns for p in jax.tree.leaves(list(e.params.values()), is_leaf=_is_jaxpr) if _is_jaxpr(p)]
    return len(jaxpr.eqns) + sum(_size(getattr(p, "jaxpr", p)) for p in inner)


def _is_jaxpr(x):
    return hasattr(x, "eqns") or hasattr(getattr(x, "jaxpr", None), "eqns")
