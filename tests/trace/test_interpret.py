"""Traces that are run on the host: the compiled program's results, for every row of the table."""

import importlib
import threading
import time
import tracemalloc

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from funcgrad.tolerances import tolerance
from funcgrad.trace import Op, background, choice, constant, current, on_host, rolled, set_credit, stats, synchronize
from funcgrad.trace.equation import traced
from funcgrad.trace.host import is_covered
from funcgrad.trace.interpret import _known as known
from funcgrad.trace.interpret import interpreted_program
from funcgrad.trace.persistence import Loadable
from funcgrad.trace.program import compile_program
from funcgrad.trace.record import _ROOT as ROOT

flush, break_even, interpret = (
    importlib.import_module(f"funcgrad.trace.{name}") for name in ("flush", "break_even", "interpret")
)
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(3, 4)).astype(np.float32)
POSITIVE = np.abs(X) + 0.1
INTS = RANDOM.integers(-5, 6, (3, 4))
INDEX = np.array([2, 0, 2])
MATRICES = RANDOM.normal(size=(2, 3, 4))


def _scan(*arguments, **options):
    return tuple(jax.tree.leaves(rolled(lax.scan)(*arguments, **options)))


CASES = {
    "elementwise": (
        lambda x, p: jnp.tanh(x) * jnp.exp(-p) + jnp.log(p) / jnp.sqrt(p) - lax.rsqrt(p),
        (X, POSITIVE),
    ),
    "more functions": (lambda x: jax.nn.sigmoid(99 * x) + jnp.expm1(x) + jnp.sin(x) * jnp.cos(x), (X,)),
    "powers": (lambda x, p: x**3 + p**-2 + p**0.5 + jnp.square(x), (X, POSITIVE)),
    "rounding": (lambda x: jnp.round(x * 3) + jnp.floor(x) + jnp.ceil(x) + jnp.sign(x), (X,)),
    "choices": (lambda x: jnp.where(x > 0, x, -jnp.inf).clip(-2, 2) + jnp.maximum(x, 0) + jnp.minimum(x, 1), (X,)),
    "logic": (lambda n: ((n > 0) & (n < 3)) | ~(n == -1), (INTS,)),
    "whole numbers": (lambda n: n * 2 + (n // 3) - n % 4, (INTS,)),
    "reductions": (lambda x: (x.sum(0), x.max(1), x.min(), x.prod(0), x.argmax(1), (x > 0).any(), (x > 0).all()), (X,)),
    "running": (lambda x: (jnp.cumsum(x, 1), lax.cummax(x, 0, reverse=True)), (X,)),
    "shapes": (lambda x: (x.reshape(2, 6).T[None], jnp.concatenate([x, x[::-1]], 1), jnp.pad(x, 1), x[1:, ::2]), (X,)),
    "broadcasting": (lambda x: x[:, None] + jnp.arange(4) + jnp.ones((3, 1, 1)), (X,)),
    "products": (
        lambda x: (x @ x.T, x[0] @ x[1], jnp.einsum("ab,cb->ac", x, x), x.reshape(3, 2, 2) @ x.reshape(3, 2, 2)),
        (X,),
    ),
    "products of rows": (
        lambda x: (
            *(jnp.einsum(f"ab,ab->{kept}", x, x + 1) for kept in ("a", "b", "ab", "")),
            *(jnp.einsum(f"ab,ac->{kept}", x, x + 1) for kept in ("abc", "bca", "a", "bc")),
            jnp.einsum("ab,b->a", x, x[0]),
        ),
        (X,),
    ),
    "short floats": (lambda x: (x.astype(jnp.bfloat16) @ x.T.astype(jnp.bfloat16)).astype(jnp.float32), (X,)),
    "lookups": (lambda x, i: (jnp.take(x, i, axis=0), jnp.take(x, i[None], axis=1), x[i, i]), (X, INDEX)),
    "slices at positions": (lambda x, i: lax.dynamic_slice(x, (i[0], i[1]), (2, 2)), (X, INDEX)),
    "padding": (
        lambda x: (
            lax.pad(x, np.float32(7), ((1, 2, 0), (0, 0, 1))),
            lax.pad(x, np.float32(7), ((-1, 2, 1), (3, -2, 2))),
            lax.pad(x, np.float32(7), ((-2, -1, 0), (0, 0, 0))),
        ),
        (X,),
    ),
    "softmax": (lambda x: jax.nn.log_softmax(x), (X,)),
    "writing at positions": (
        lambda x, i: (
            x.at[i].set(7.0),
            x.at[i + 2].set(x[i]),
            x.at[i, i].set(3.0),
            x.at[i, i - 9].set(3.0),
            x.at[:, i].set(x[:, :1]),
        ),
        (X, INDEX),
    ),
    "adding at positions": (lambda x, i: (x.at[i].add(1.0), x.at[:, i].add(x[:, i]), x.at[i, i].add(2.0)), (X, INDEX)),
    "order": (
        lambda x: (*lax.sort((jnp.round(x), x)), *lax.sort((jnp.round(x), -x, x), dimension=0, num_keys=2)),
        (X,),
    ),
    "nan and zeros in order": (
        lambda x: lax.sort((jnp.where(x > 1, jnp.nan, jnp.where(x > 0, -0.0, x * 0)), x)),
        (X,),
    ),
    "stacks": (lambda x: (jnp.stack([x, x + 1], 1), jnp.tile(x, (2, 3)), jnp.unstack(x, axis=1)[1]), (X,)),
    "complex numbers": (lambda x: (lax.complex(x, -x).conj().imag, lax.complex(x, -x).real), (X,)),
    "complex functions": (
        lambda x: (
            lax.logistic(lax.complex(x, 3 * x)),
            lax.convert_element_type_p.bind(
                lax.complex(x, -x), new_dtype=np.dtype(np.float32), weak_type=False, sharding=None
            ),
        ),
        (X,),
    ),
    "a loop": (lambda x: _scan(lambda c, r: (c * 0.5 + r, (c - r, r.sum())), x[0], x), (X,)),
    "a loop backwards": (lambda x: _scan(lambda c, r: (c + r, c), x[0], x, reverse=True), (X,)),
    "error function": (lax.erf, (np.float32([0, -0.0, 1e-40, -0.3, 1, 5.99, -7, np.inf, -np.inf, np.nan]),)),
    "inverse functions": (
        lambda x: (jnp.arcsin(x), jnp.arccos(x), jnp.arctan(x), jnp.sinh(x), jnp.cosh(x), jnp.arcsinh(x), jnp.cbrt(x)),
        (X,),
    ),
    "hyperbolic inverses": (lambda x: (jnp.arccosh(1 + x), jnp.arctanh(x / 9)), (POSITIVE,)),
    "factors of matrices": (
        lambda x: (
            jnp.linalg.cholesky(x @ x.mT + jnp.eye(3)),
            *jnp.linalg.qr(x),
            *jnp.linalg.qr(x, mode="complete"),
            *jnp.linalg.eigh(x @ x.mT),
            *jnp.linalg.svd(x),
            *jnp.linalg.svd(x, full_matrices=False),
            jnp.linalg.svd(x, compute_uv=False),
            *lax.linalg.lu(x),
        ),
        (MATRICES,),
    ),
    "linear systems": (
        lambda x, y: (
            jnp.linalg.solve(x @ x.mT, y),
            jnp.linalg.inv(x @ x.mT),
            jnp.linalg.det(x @ x.mT),
            *(
                lax.linalg.triangular_solve(
                    x @ x.mT, y if left else y.mT, left_side=left, lower=lower, transpose_a=turn
                )
                for left in (True, False)
                for lower in (True, False)
                for turn in (True, False)
            ),
        ),
        (MATRICES, RANDOM.normal(size=(2, 3, 5))),
    ),
    "a function that is computed again backwards": (jax.grad(lambda x: jax.checkpoint(jnp.sin)(x).sum()), (X,)),
    "a function of the platform": (lambda x: lax.platform_dependent(x, cpu=jnp.sin, default=jnp.cos), (X,)),
    "a function of other platforms": (lambda x: lax.platform_dependent(x, tpu=jnp.sin, default=jnp.cos), (X,)),
    "special functions": (
        lambda x: (lax.erf(x), lax.erfc(x), lax.erf_inv(x / 9), lax.bessel_i0e(x), lax.bessel_i1e(x)),
        (X.astype(np.float64),),
    ),
    "gamma functions": (
        lambda p: (lax.lgamma(-p), lax.digamma(p), lax.igamma(p, p + 1), lax.igammac(p + 1, p), lax.zeta(p + 1, p)),
        (POSITIVE.astype(np.float64),),
    ),
    "gamma functions at their ends": (lax.lgamma, (np.float32([np.nan, np.inf, -np.inf, 0, -1, 1e30]),)),
    "special functions at their ends": (
        lambda x, s: (jnp.copysign(1, lax.erf_inv(x)), lax.zeta(s, s + jnp.inf)),
        (np.array([0.0, -0.0]), np.array([1.5, 3.0])),
    ),
    "Fourier transforms": (
        lambda x: (
            jnp.fft.fft2(x),
            jnp.fft.ifft(x * 1j, axis=1),
            jnp.fft.rfftn(x),
            jnp.fft.irfft(x, 5),
            jnp.fft.irfftn(x * 1j),
            jnp.fft.rfft(x.astype(jnp.float32)),
        ),
        (MATRICES,),
    ),
    "bits": (
        lambda n, x: (
            lax.shift_left(n + 5, abs(n)),
            n >> 1,
            lax.bitcast_convert_type(x, jnp.uint32) >> 23,
            jnp.nextafter(x, 0),
        ),
        (INTS, X.astype(np.float32)),
    ),
    "multiplying at positions": (
        lambda x, i: (x.at[i].multiply(3.0), x.at[i, i].max(x[:, 0]), x.at[:, i].min(x[:, :1] / 2)),
        (X, INDEX),
    ),
    "a function without a row": (lax.population_count, (INTS,)),
}


WITHOUT = ("a function without a row",)
"""Cases with a primitive that has no row."""


PARTS = Op("parts", lambda x, y: (x * 2, lax.rem(x, y)))
TOTAL = Op("total", lambda x, y: x + y)


@pytest.fixture
def often(monkeypatch):
    """A trace of two operators as the host runs it, and how often it has been written as one function."""
    synchronize("test")
    trace = current()
    _, parts = trace.record(PARTS, (), [constant(INTS), constant(INTS)])
    trace.record(TOTAL, (), parts)
    written = []
    write = interpret._as_one_function
    monkeypatch.setattr(interpret, "_as_one_function", lambda *plan: written.append(plan) or write(*plan))
    run = interpreted_program(trace.step, (2, 1))
    trace.clear()
    return lambda x, y: run([], [x, y], None, None), written


def test_a_trace_that_comes_back_often_is_one_function_with_the_same_results(often):
    run, written = often
    y = np.full_like(INTS, 3)
    for _ in range(interpret.OFTEN + 2):
        total, rest = run(INTS, y)
        np.testing.assert_array_equal(total, INTS * 2 + np.fmod(INTS, 3))
        np.testing.assert_array_equal(rest, np.fmod(INTS, 3))
    assert len(written) == 1


def test_numbers_that_the_host_cannot_take_are_computed_after_many_others_too(often):
    run, _ = often
    for _ in range(interpret.OFTEN + 2):
        run(INTS, np.full_like(INTS, 3))
    zeros = np.zeros_like(INTS)
    np.testing.assert_array_equal(run(INTS, zeros)[1], lax.rem(INTS, zeros))
    np.testing.assert_array_equal(run(INTS, zeros + 2)[1], np.fmod(INTS, 2))


@pytest.mark.parametrize("case", CASES)
def test_the_host_gives_what_the_program_gives(case):
    function, arrays = CASES[case]
    synchronize("test")
    trace = current()
    _, made = trace.record(Op(case, function), (), [constant(a) for a in arrays])
    wanted = tuple(range(len(made)))
    with jax.enable_x64(True):
        ours = interpreted_program(trace.step, wanted)([], list(arrays), None, None)
        theirs = compile_program(trace.step, wanted, ())([], list(arrays), None, None)
    (equation,) = [step.equation for step in trace.step.path() if step.equation]
    primitives = traced(equation.op, equation.static, equation.kinds)
    assert (on_host(primitives, *arrays) is None) == (case in WITHOUT)
    assert is_covered(primitives.jaxpr) == (case not in WITHOUT)
    trace.clear()
    for a, b in zip(ours, theirs, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        kind = "gradient" if case == "short floats" else "value"
        np.testing.assert_allclose(a, b, **tolerance(np.float32 if case == "short floats" else b.dtype, kind))


@pytest.mark.parametrize(
    "function", [jnp.exp, jnp.expm1, jnp.tanh, jnp.log1p, jnp.sin, lax.erf, lambda x: x ** np.float32(1.7)]
)
def test_a_function_of_32_bits_is_rounded_once(function):
    """As PyTorch's are, but for a few of a hundred; NumPy's own are off in every third."""
    x = np.abs(RANDOM.normal(size=1000)).astype(np.float32)
    (ours,) = on_host(jax.make_jaxpr(function)(x), x)
    with jax.enable_x64(True):
        exactly = function(x.astype(np.float64))
    assert ours.dtype == np.float32
    np.testing.assert_array_max_ulp(ours, np.asarray(exactly).astype(np.float32), 0)


@pytest.mark.parametrize(
    "function, exactly",
    [
        (lambda x, y, z: x * y + z, lambda x, y, z: x * y + z),
        (lambda x, y, z: z + x * y, lambda x, y, z: x * y + z),
        (lambda x, y, z: x * y - z, lambda x, y, z: x * y - z),
        (lambda x, y, z: z - x * y, lambda x, y, z: z - x * y),
    ],
    ids=["product + z", "z + product", "product - z", "z - product"],
)
def test_a_product_that_is_only_added_is_rounded_with_the_sum(function, exactly):
    arrays = RANDOM.normal(size=(3, 1000)).astype(np.float32)
    result, product = on_host(jax.make_jaxpr(lambda x, y, z: (function(x, y, z), x * y))(*arrays), *arrays)
    np.testing.assert_array_equal(result, exactly(*arrays.astype(np.float64)).astype(np.float32))
    np.testing.assert_array_equal(product, arrays[0] * arrays[1])


def test_a_product_that_is_a_result_too_is_rounded():
    def both(x, y, z):
        product = x * y
        return product, product + z

    arrays = RANDOM.normal(size=(3, 1000)).astype(np.float32)
    product, result = on_host(jax.make_jaxpr(both)(*arrays), *arrays)
    np.testing.assert_array_equal(result, product + arrays[2])


def let_compiling_take(monkeypatch, runs):
    """Let it be worth so many runs on the host, for each equation."""
    costs = {"PATIENCE": 1.0, "LOWERED": runs, "SAVED": 1.0, "TRANSLATED": runs, "EQUATION": -1.0, "_COMPILED": {}}
    for name, cost in (
        dict.fromkeys(("KERNEL", "FUSED", "PRIMITIVE", "VIEW", "ELEMENT", "ARRAY"), 0.0) | costs
    ).items():
        monkeypatch.setattr(break_even, name, cost)


def test_a_trace_that_rounds_nothing_is_compiled_when_the_host_has_taken_as_long(monkeypatch):
    let_compiling_take(monkeypatch, runs=2)
    move = Op("move", lambda x: x.T.reshape(-1))

    def once():
        synchronize("test")
        before = stats.programs
        _, (y,) = current().record(move, (), [constant(X)])
        synchronize("test")
        np.testing.assert_array_equal(y.array, X.T.reshape(-1))
        return stats.programs - before

    assert [once() for _ in range(4)] == [0, 0, 1, 0]


RUNS = 6
"""Runs on the host that take as long as compiling."""


@pytest.fixture
def compiled(monkeypatch):
    """A function that runs a trace of an array of `n` elements and tells how many programs that compiled."""
    let_compiling_take(monkeypatch, RUNS)
    set_credit(3.6 * RUNS)
    monkeypatch.setattr(stats, "debt", 0)
    double = Op("double_and_sum", lambda x: (x * 2.0).sum())

    def run(n):
        synchronize("test")
        before = stats.programs
        _, (y,) = current().record(double, (), [constant(np.ones(n, np.float32))])
        synchronize("test")
        assert float(y.array) == 2 * n
        return stats.programs - before

    return run


def test_traces_that_never_come_again_are_not_compiled(compiled):
    """Growing shapes: once the credit has been compiled in vain, a new trace must be worth it."""
    assert [compiled(n) for n in range(1, 9)] == [1] * 4 + [0] * 4
    assert [compiled(8) for _ in range(RUNS + 1)] == [0] * (RUNS - 1) + [1, 0]
    assert compiled(1) == 0


def test_a_program_that_runs_often_makes_room_for_another(compiled):
    assert [compiled(n) for n in range(1, 6)] == [1] * 4 + [0]
    assert [compiled(1) for _ in range(RUNS)] == [0] * RUNS
    assert [compiled(n) for n in range(6, 8)] == [1, 0]


def test_a_program_that_runs_again_and_again_does_not_pay_for_those_that_do_not(compiled):
    """An agent's episodes: the steps are all alike, the backward passes all of different lengths."""
    compiled(1)
    episodes = []
    for length in range(2, 12):
        episodes.append(compiled(length))
        assert compiled(1) == 0
    assert episodes == [1] * 4 + [0] * 6


def test_without_credit_a_trace_is_compiled_when_the_host_has_taken_as_long(compiled):
    set_credit(0)
    assert [compiled(3) for _ in range(RUNS + 2)] == [0] * RUNS + [1, 0]


def test_a_program_is_compiled_in_the_background_before_it_is_needed(compiled, monkeypatch):
    set_credit(0)
    prepare, threads = Loadable.prepare, []

    def noted(self, *arguments):
        threads.append(threading.current_thread().name)
        prepare(self, *arguments)

    monkeypatch.setattr(Loadable, "prepare", noted)
    monkeypatch.setattr(choice, "AHEAD", 0.5)
    assert [compiled(4) for _ in range(RUNS // 2 + 1)] == [0] * (RUNS // 2 + 1)
    assert not threads
    assert compiled(4) == 0
    while background.is_busy():
        time.sleep(0.01)
    assert threads == ["funcgrad"]
    assert [compiled(4) for _ in range(RUNS - RUNS // 2)] == [0] * (RUNS // 2 - 2) + [1, 0]
    assert threads == ["funcgrad"]


def test_a_program_compiled_ahead_for_equal_numbers_is_not_used_for_others(monkeypatch):
    let_compiling_take(monkeypatch, RUNS)
    monkeypatch.setattr(choice, "LARGE", 1)
    set_credit(0)
    scale = Op("scale_twice", lambda x, a, b: x * a.value + b.value)

    def run(a, b):
        synchronize("test")
        _, (y,) = current().record(scale, (), [constant(np.ones(5, np.float32)), a, b])
        synchronize("test")
        return float(y.array[0])

    assert [run(2.0, 2.0) for _ in range(RUNS)] == [4.0] * RUNS
    assert [run(2.0, 3.0 + k) for k in range(2 * RUNS)] == [5.0 + k for k in range(2 * RUNS)]
    assert run(2.0, 2.0) == 4.0


def test_what_the_host_cannot_compute_is_compiled_alone_and_makes_it_wait_less(compiled, monkeypatch):
    set_credit(0)
    monkeypatch.setattr(break_even, "is_covered", lambda jaxpr: False)
    assert [compiled(3), compiled(3)] == [1, 0]


def test_more_work_on_the_host_means_fewer_runs(monkeypatch):
    """Elements read, elements added at positions, and products of a convolution."""

    def runs(function, *arrays):
        synchronize("test")
        current().record(Op("work", function), (), [constant(a) for a in arrays])
        found = break_even.Cost(current().step, 2).runs
        current().clear()
        return found

    def convolved(x):
        return lax.conv_general_dilated(x, jnp.ones((4, 1, 3, 3), x.dtype), (1, 1), "SAME")

    monkeypatch.setattr(break_even, "ARRAY", 0.0)
    few, many = np.ones((9, 9), np.float32), np.ones((999, 999), np.float32)
    for work in (jnp.sum, lambda x: jnp.zeros(9).at[x.astype(int)].add(x), lambda x: convolved(x[None, None])):
        assert runs(work, many) < runs(work, few)
    before = runs(lambda x: convolved(x[None, None]), many)
    monkeypatch.setitem(break_even._COMPILED, "conv_general_dilated", 0.0)
    assert runs(lambda x: convolved(x[None, None]), many) < before, "convolutions take long to compile"
    assert runs(lambda x: convolved(x[None, None]), many) < runs(lambda x: x[None, None] + jnp.ones((4, 1, 1)), many)
    assert runs(lambda x: lax.fori_loop(0, 99, lambda _, x: x * 2, x), few) < runs(lambda x: x * 2, few)
    assert runs(lambda x: x * x, many) < runs(lambda x: x / x, many), "a product is rounded with what is added to it"
    small = np.ones((9, 9), np.float32)
    alike = runs(lambda *xs: tuple(-abs(x) for x in xs), *[small] * 50)
    assert alike > runs(lambda *xs: (*(abs(x) for x in xs[:51]), *(-x for x in xs[51:])), *[small] * 100)


def test_what_a_programs_call_takes_longer_than_the_host_is_never_compiled(compiled, monkeypatch):
    set_credit(0)
    monkeypatch.setattr(break_even, "ARRAY", 1.0)
    assert [compiled(3) for _ in range(3 * RUNS)] == [0] * 3 * RUNS


def test_traces_that_do_not_come_back_are_forgotten(monkeypatch):
    monkeypatch.setattr(flush, "MOST_MET", 300)
    synchronize("test")
    flush.forget()
    set_credit(0)
    double = Op("double", lambda x: x * 2.0)

    def run(n, times):
        synchronize("test")
        value = constant(np.ones(n, np.float32))
        for _ in range(times):
            _, (value,) = current().record(double, (), [value])
        synchronize("test")
        assert value.array[0] == 2.0**times

    def seen():
        return sum(len(step.path()) == 2 for following in ROOT.next.values() for step in following.next.values())

    run(7, 2)
    (returning,) = (step for aval, step in ROOT.next.items() if aval.shape == (7,))
    for n in range(1, 100):
        run(7, 2)
        run(n + 7, 1)
    assert seen() < 40
    assert returning in ROOT.next.values()


def test_the_host_keeps_no_longer_what_is_not_needed_any_more():
    synchronize("test")
    double = Op("double", lambda x: x * 2)
    x = np.ones(1 << 18, np.float32)
    trace, value = current(), constant(x)
    for _ in range(20):
        _, (value,) = trace.record(double, (), [value])
    run = interpreted_program(trace.step, (19,))
    run([], [x], None, None)
    tracemalloc.start()
    (result,) = run([], [x], None, None)
    assert tracemalloc.get_traced_memory()[1] < 4 * x.nbytes
    tracemalloc.stop()
    trace.clear()
    assert result[0] == 2**20


def test_who_looks_at_one_element_after_the_other_computes_once(monkeypatch):
    parts = Op("parts", lambda x: tuple(x))
    more = Op("more", lambda x: x + 1)
    synchronize("test")
    _, values = current().record(parts, (), [constant(np.arange(5))])
    assert int(flush.array_of(values[2], "item")) == 2
    assert [int(value.array) for value in values] == [0, 1, 2, 3, 4]
    monkeypatch.setattr(known(current().step.equation), "function", None)
    _, (next_one,) = current().record(more, (), [values[3]])
    assert int(flush.array_of(next_one, "item")) == 4


def test_an_element_of_a_known_array_leaves_the_trace_whole():
    element = Op("element", lambda x, i: x[i.value])
    heavy = Op("heavy", lambda x: jnp.exp(x))
    synchronize("test")
    x = constant(np.arange(5.0, dtype=np.float32))
    _, (pending,) = current().record(heavy, (), [x])
    _, (one,) = current().record(element, (), [x, 3])
    assert float(flush.array_of(one, "item")) == 3
    assert pending.array is None
    _, (rounded,) = current().record(element, (), [pending, 0])
    assert float(flush.array_of(rounded, "item")) == 1
