"""Loss scaling, autocasting and clipping against the real PyTorch, live."""

import inspect

import numpy as np
import pytest
import torch as real
from scenarios import assert_same

import funcgrad.torch as shim


@pytest.mark.parametrize("seed", range(5))
def test_a_scaler_through_random_iterations(seed):
    rng = np.random.default_rng(seed)
    factors = rng.choice([1.0, 0.5, 3.0, np.inf, np.nan], p=[0.4, 0.2, 0.2, 0.1, 0.1], size=25)
    explicit, clipped = rng.random(25) < 0.5, rng.random(25) < 0.5
    seen = {}
    for torch in (real, shim):
        x = torch.tensor([1.0, -2.0, 0.5], requires_grad=True)
        optimizer = torch.optim.Adam([x], lr=0.05)
        scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=3)
        shown = []
        for k in range(25):
            optimizer.zero_grad()
            scaler.scale((x * x).sum() * float(factors[k])).backward()
            if explicit[k]:
                scaler.unscale_(optimizer)
                if clipped[k]:
                    torch.nn.utils.clip_grad_norm_([x], 1.0)
            scaler.step(optimizer)
            scaler.update()
            step = optimizer.state[x]["step"].item() if optimizer.state[x] else 0.0
            shown.append([x.tolist(), scaler.get_scale(), scaler._get_growth_tracker(), step])
        seen[torch] = shown
    assert_same(seen[shim], seen[real], rtol=1e-6)


def _filled(torch, kind, dtype, size=3):
    """A layer whose parameters are all the same."""
    layer = kind(4, size).to(dtype)
    with torch.no_grad():
        for p in layer.parameters():
            p.fill_(0.25)
    return layer


def _functions(torch, dtype):
    """Operators by name on operands of a dtype; those that the face has."""
    x, v = torch.ones(4, 4).to(dtype) / 3, torch.ones(4).to(dtype) / 3
    y, functional = torch.tensor([0, 1, 2, 3]), torch.nn.functional
    batch = torch.ones(2, 4, 4).to(dtype) / 3
    return {
        "matmul": lambda: x @ x,
        "matmul of vectors": lambda: v @ v,
        "mm": lambda: torch.mm(x, x),
        "mv": lambda: torch.mv(x, v),
        "dot": lambda: torch.dot(v, v),
        "bmm": lambda: torch.bmm(batch, batch),
        "addmm": lambda: torch.addmm(x, x, x),
        "addmv": lambda: torch.addmv(v, x, v),
        "baddbmm": lambda: torch.baddbmm(batch, batch, batch),
        "einsum": lambda: torch.einsum("ij,jk->ik", x, x),
        "tensordot": lambda: torch.tensordot(x, x, 1),
        "outer": lambda: torch.outer(v, v),
        "kron": lambda: torch.kron(x, x),
        "linear": lambda: functional.linear(x, x, v),
        "mse_loss": lambda: functional.mse_loss(x, x),
        "l1_loss": lambda: functional.l1_loss(x, x),
        "cross_entropy": lambda: functional.cross_entropy(x, y),
        "nll_loss": lambda: functional.nll_loss(x, y),
        "softmax": lambda: x.softmax(1),
        "log_softmax": lambda: x.log_softmax(1),
        "sum": lambda: x.sum(),
        "mean": lambda: x.mean(),
        "prod": lambda: x.prod(),
        "trace": lambda: x.trace(),
        "var": lambda: x.var(),
        "exp": lambda: x.exp(),
        "add": lambda: x + x,
        "cat": lambda: torch.cat([x, x.float()]),
        "stack": lambda: torch.stack([x, x.float()]),
        "cumsum": lambda: x.cumsum(0),
        "logsumexp": lambda: x.logsumexp(0),
        "relu": lambda: x.relu(),
        "inner": lambda: torch.inner(x, x),
        "conv2d": lambda: functional.conv2d(batch[None], torch.ones(3, 2, 3, 3).to(dtype) / 3),
        "conv_transpose2d": lambda: functional.conv_transpose2d(batch[None], torch.ones(2, 3, 3, 3).to(dtype) / 3),
        "attention": lambda: functional.scaled_dot_product_attention(batch, batch, batch),
        "smooth_l1_loss": lambda: functional.smooth_l1_loss(x, -x),
        "huber_loss": lambda: functional.huber_loss(x, -x),
        "binary_cross_entropy_with_logits": lambda: functional.binary_cross_entropy_with_logits(x, x),
        "kl_div": lambda: functional.kl_div(-x, x, reduction="batchmean"),
        "margin_ranking_loss": lambda: functional.margin_ranking_loss(v, -v, v),
        "triplet_margin_loss": lambda: functional.triplet_margin_loss(x, -x, x),
        "layer_norm": lambda: functional.layer_norm(x + torch.arange(4.0).to(dtype), (4,)),
        "gelu": lambda: functional.gelu(x),
        "rnn": lambda: _filled(torch, torch.nn.RNN, dtype)(batch)[0],
        "lstm": lambda: _filled(torch, torch.nn.LSTM, dtype)(batch)[0],
        "attention layer": lambda: _filled(torch, torch.nn.MultiheadAttention, dtype, 2)(batch, batch, batch)[0],
    }


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float64"])
@pytest.mark.parametrize("name", _functions(real, real.float32))
def test_dtype_and_value_under_autocast(name, dtype):
    results = []
    for torch in (real, shim):
        with torch.autocast("cpu"):
            results.append(_functions(torch, getattr(torch, dtype))[name]().detach())
    expected, actual = results
    assert str(actual.dtype) == str(expected.dtype)
    bound = 1.6e-2 if "bfloat16" in (dtype, str(expected.dtype).removeprefix("torch.")) else 1e-6
    np.testing.assert_allclose(actual.double().numpy(), expected.double().numpy(), rtol=bound, atol=bound / 10)


@pytest.mark.parametrize(
    "path",
    [
        "amp.GradScaler",
        "amp.autocast",
        "amp.custom_fwd",
        "amp.custom_bwd",
        "cuda.amp.GradScaler",
        "cuda.amp.autocast",
        "cpu.amp.GradScaler",
        "nn.utils.clip_grad_norm_",
        "nn.utils.clip_grad_value_",
        "nn.utils.get_total_norm",
        "nn.utils.clip_grads_with_norm_",
        "nn.utils.parameters_to_vector",
        "nn.utils.vector_to_parameters",
    ],
)
def test_names_of_arguments(path):
    names = []
    for torch in (real, shim):
        value = torch
        for part in path.split("."):
            value = getattr(value, part)
        names.append(list(inspect.signature(value).parameters))
    assert names[1] == names[0]


@pytest.mark.parametrize("order", [1.0, 2.0, 3.0, float("inf")])
@pytest.mark.parametrize("dtypes", [("float32", "float32"), ("float64", "float32"), ("bfloat16", "float32")])
def test_clipping_random_gradients(order, dtypes):
    rng = np.random.default_rng(0)
    grads = [rng.normal(size=shape).astype(np.float32) for shape in ((4, 3), (5,))]
    seen = {}
    for torch in (real, shim):
        parameters = []
        for grad, dtype in zip(grads, dtypes, strict=True):
            p = torch.tensor(np.zeros_like(grad)).to(getattr(torch, dtype)).requires_grad_()
            p.grad = torch.tensor(grad).to(getattr(torch, dtype))
            parameters.append(p)
        norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0, order)
        seen[torch] = [str(norm.dtype), norm.item(), *(p.grad.double().tolist() for p in parameters)]
    assert_same(seen[shim], seen[real], rtol=1e-2 if "bfloat16" in dtypes else 5e-7)
