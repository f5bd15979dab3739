"""Optimizer classes against the real PyTorch's, live: its own database, every option set and way of running."""

import contextlib
import copy
import inspect
import sys
import types
import unittest

import numpy as np
import pytest
import torch as real
from scenarios import assert_same

import funcgrad.torch as shim

# PyTorch's database stands among its test utilities, whose one foreign import it does not need.
sys.modules.setdefault("expecttest", types.SimpleNamespace(TestCase=unittest.TestCase, assert_expected_inline=None))
from torch.testing._internal.common_optimizers import (  # noqa: E402
    _get_optim_inputs_including_global_cliquey_kwargs as inputs_of,
)
from torch.testing._internal.common_optimizers import optim_db  # noqa: E402

STEPS = 20
MATRICES_ONLY = {"Muon"}
NOT_HERE = {"SparseAdam", "Optimizer"}  # no sparse gradients
CASES = {
    f"{info.optim_cls.__name__}-{k}-{sample.desc.replace(' ', '_')}": (info.optim_cls.__name__, sample.kwargs)
    for info in optim_db
    if info.optim_cls.__name__ not in ("SparseAdam", "LBFGS")  # no sparse gradients here; LBFGS below
    for k, sample in enumerate(inputs_of("cpu", real.float32, info))
}


def translated(x):
    if isinstance(x, real.Tensor):
        return shim.tensor(x.numpy())
    return tuple(map(translated, x)) if isinstance(x, tuple) else x


def draws(name, dtype):
    shapes = [(3, 4), (4, 5)] if name in MATRICES_ONLY else [(3, 4), (4,), ()]
    rng = np.random.default_rng(0)
    while True:
        yield [np.asarray(rng.normal(size=shape), dtype) for shape in shapes]


def trajectory(torch, name, kwargs, dtype):
    """Parameters after each step, and the state at the end."""
    drawn = draws(name, dtype)
    leaves = [torch.tensor(x, requires_grad=True) for x in next(drawn)]
    if kwargs.get("differentiable"):
        leaves = [leaf.clone() for leaf in leaves]
        for leaf in leaves:
            leaf.retain_grad()
    optimizer = getattr(torch.optim, name)(leaves, **kwargs)
    seen = []
    mode = torch.no_grad() if kwargs.get("differentiable") else contextlib.nullcontext()
    for _ in range(STEPS):
        for leaf, grad in zip(leaves, next(drawn), strict=True):
            leaf.grad = torch.tensor(grad)
        with mode:
            optimizer.step()
        seen.append([leaf.detach().numpy().copy() for leaf in leaves])
    state = [{key: x.detach().numpy() for key, x in optimizer.state[leaf].items()} for leaf in leaves]
    return seen, state, optimizer


@pytest.mark.parametrize("case", CASES)
def test_the_database_after_20_steps(case):
    name, kwargs = CASES[case]
    expected, expected_state, theirs = trajectory(real, name, kwargs, np.float32)
    kwargs = {key: translated(value) for key, value in kwargs.items()}
    actual, state, ours = trajectory(shim, name, kwargs, np.float32)
    for step, (wanted, got) in enumerate(zip(expected, actual, strict=True)):
        for x, y in zip(wanted, got, strict=True):
            assert np.linalg.norm(x - y) <= 1e-5 * np.linalg.norm(x), step
    for wanted, got in zip(expected_state, state, strict=True):
        assert list(got) == list(wanted)
        for key, x in wanted.items():
            assert (got[key].dtype, got[key].shape) == (x.dtype, x.shape), key
            np.testing.assert_allclose(got[key], x, rtol=1e-5, atol=1e-6, err_msg=key)
    assert repr(ours) == repr(theirs)
    assert list(ours.param_groups[0]) == list(theirs.param_groups[0])


@pytest.mark.parametrize("kind", ["SGD", "Adam", "RMSprop", "NAdam"])
@pytest.mark.parametrize("dtype", ["float64", "complex64"])
def test_other_dtypes(kind, dtype):
    rng, seen = np.random.default_rng(1), {}
    grads = [rng.normal(size=(6, 2)).astype(np.float32) for _ in range(6)]
    for torch in (real, shim):

        def made(x, torch=torch):
            if dtype == "complex64":
                return torch.tensor(x[:, 0] + 1j * x[:, 1])
            return torch.tensor(x, dtype=torch.float64)

        p = made(np.ones((6, 2), np.float32)).requires_grad_()
        optimizer = getattr(torch.optim, kind)([p], lr=0.1)
        for grad in grads:
            p.grad = made(grad)
            optimizer.step()
        seen[torch] = p.detach().numpy()
    bound = {"float64": 1e-13, "complex64": 1e-5}[dtype]
    np.testing.assert_allclose(seen[shim], seen[real], rtol=bound, atol=bound)


IN_16_BITS = [
    *(
        ("SGD", options)
        for options in ({}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1})
    ),
    *(("RMSprop", options) for options in ({}, {"momentum": 0.9, "centered": True, "weight_decay": 0.1})),
    *(("Adam", options) for options in ({}, {"amsgrad": True, "weight_decay": 0.1}, {"betas": (0.3, 0.9)})),
    *((kind, {}) for kind in ("AdamW", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "Rprop", "ASGD")),
]


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("kind, options", IN_16_BITS)
def test_numbers_of_16_bits_are_rounded_where_pytorch_rounds(kind, options, dtype):
    """At every operation: with Adam's usual eps, which is 0 in float16, a gradient of 0 makes a parameter nan."""
    rng, seen = np.random.default_rng(1), []
    start, *grads = rng.normal(size=(8, 7, 11)).astype(np.float32)
    for torch in (real, shim):
        p = torch.tensor(start).to(getattr(torch, dtype)).requires_grad_()
        optimizer = getattr(torch.optim, kind)([p], lr=0.1, **options)
        for grad in grads:
            p.grad = torch.tensor(grad).to(p.dtype)
            p.grad[0, 0] = 0
            optimizer.step()
        seen.append(p.detach().double().numpy())
    np.testing.assert_array_equal(*seen)


@pytest.mark.parametrize("shape", [(8, 5), (5, 8)])
def test_muon_of_16_bits(shape):
    rng, seen = np.random.default_rng(1), []
    start, *grads = rng.normal(size=(4, *shape)).astype(np.float32)
    for torch in (real, shim):
        p = torch.tensor(start).to(torch.bfloat16).requires_grad_()
        optimizer = torch.optim.Muon([p], lr=0.1)
        for grad in grads:
            p.grad = torch.tensor(grad).to(p.dtype)
            optimizer.step()
        seen.append(p.detach().double().numpy())
    np.testing.assert_array_equal(*seen)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_a_scaled_sum_of_16_bits(dtype):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 77)).astype(np.float32)
    for alpha in (-0.1, 0.9, 1.5):
        sums = []
        for torch in (real, shim):
            a, b = (torch.tensor(z).to(getattr(torch, dtype)) for z in (x, y))
            sums.append([z.double().numpy() for z in (a.add(b, alpha=alpha), a.sub(b, alpha=alpha))])
        np.testing.assert_array_equal(*sums)


LBFGS_OPTIONS = [
    {"lr": 0.1},
    {"lr": 0.5, "history_size": 3},
    {"line_search_fn": "strong_wolfe"},
    {"line_search_fn": "strong_wolfe", "max_iter": 3, "history_size": 2},
    {"lr": 1, "max_eval": 4, "line_search_fn": "strong_wolfe"},
]


def rosenbrock(torch, options):
    """Iterates, losses and evaluations of a few steps in double precision, and the state."""
    x = torch.tensor([-1.2, 1.0], dtype=torch.float64, requires_grad=True)
    w = torch.tensor([[1.0, 2.0], [3.0, -1.0]], dtype=torch.float64, requires_grad=True)
    optimizer, calls = torch.optim.LBFGS([x, w], **options), []

    def closure():
        optimizer.zero_grad()
        loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] * x[0]) ** 2 + ((w * x - 1) ** 2).sum()
        loss.backward()
        calls.append(loss.item())
        return loss

    shown = []
    for k in range(4):
        if k == 2:
            saved = copy.deepcopy(optimizer.state_dict())
            optimizer = torch.optim.LBFGS([x, w], **options)
            optimizer.load_state_dict(saved)
        shown.append([optimizer.step(closure).item(), x.tolist(), w.tolist(), len(calls)])
    return shown, optimizer.state[x]


@pytest.mark.parametrize("options", LBFGS_OPTIONS)
def test_lbfgs_takes_the_same_way(options):
    (expected, theirs), (actual, ours) = rosenbrock(real, options), rosenbrock(shim, options)
    assert_same(actual, expected, rtol=1e-4)  # a few ulps grow in the valley
    assert list(ours) == list(theirs)
    for key, value in theirs.items():
        assert isinstance(ours[key], shim.Tensor) == isinstance(value, real.Tensor), key
    assert len(ours["old_dirs"]) == len(theirs["old_dirs"])


@pytest.mark.parametrize("name", [n for n in real.optim.__all__ if n[0].isupper() and n not in NOT_HERE])
def test_signatures(name):
    expected = inspect.signature(getattr(real.optim, name)).parameters.values()
    actual = inspect.signature(getattr(shim.optim, name)).parameters.values()
    assert [(p.name, p.default, p.kind) for p in actual] == [(p.name, p.default, p.kind) for p in expected]


@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("average", ["mean", "swa", "swa_multi", "ema", "ema_multi"])
def test_averaged_model(average, use_buffers):
    seen = {}
    for torch in (real, shim):
        swa = torch.optim.swa_utils
        options = {
            "mean": {},
            "swa": {"avg_fn": swa.get_swa_avg_fn()},
            "swa_multi": {"multi_avg_fn": swa.get_swa_multi_avg_fn()},
            "ema": {"avg_fn": swa.get_ema_avg_fn(0.8)},
            "ema_multi": {"multi_avg_fn": swa.get_ema_multi_avg_fn(0.8)},
        }[average]
        model = torch.nn.Linear(2, 2)
        model.register_buffer("seen", torch.zeros(1))
        with torch.no_grad():
            model.weight.fill_(0.5)
            model.bias.fill_(0.25)
        averaged = swa.AveragedModel(model, use_buffers=use_buffers, **options)
        shown = []
        for _ in range(4):
            with torch.no_grad():
                model.weight.mul_(1.5)
                model.bias.add_(0.3)
                model.seen.add_(1.0)
            averaged.update_parameters(model)
            shown.append({name: x.tolist() for name, x in averaged.state_dict().items()})
        shown.append(averaged(torch.ones(1, 2)).tolist())
        seen[torch] = shown
    assert_same(seen[shim], seen[real], rtol=3e-7)
