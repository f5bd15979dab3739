"""Convolutions, pools, normalizations, padding and resampling against the real PyTorch, live."""

import warnings

import numpy as np
import pytest
import torch as real
from module_runs import arrays, unequal
from outcomes import array, finish, gradients, start
from spatial_samples import MODULES, SPATIAL

import funcgrad.torch as shim

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("interpreted", "unoptimized")]

AT_POSITIONS = ("interpolate", "grid_sample")
"""Functions whose weights come from positions rounded to float32, at other places than PyTorch rounds them."""
WITHOUT_SECOND = ("grid_sample", "lp_pool", "batch_norm")
"""Functions with samples whose second derivative PyTorch refuses, or fails to compute for want of an absent weight."""
MOST_SAMPLES, MOST_SECOND = 10, 3
"""Samples of a function that are differentiated once, and twice."""

HAS_SECOND = [name for name in SPATIAL if not name.startswith(WITHOUT_SECOND)]


@pytest.mark.parametrize("source", MODULES)
def test_text_names_and_draws_of_a_module_are_pytorchs(source):
    made = []
    for torch in (shim, real):
        torch.manual_seed(3)
        made.append(eval(f"nn.{source}", {"nn": torch.nn}))
    ours, theirs = made
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    if not source.startswith("Lazy"):
        assert not unequal(arrays(ours.state_dict().values()), arrays(theirs.state_dict().values()), None)
    assert shim.rand(1).item() == real.rand(1).item()


@pytest.mark.parametrize("name", SPATIAL)
def test_function_is_pytorchs(name, part):
    """In float64; the recorded values are float32."""
    found, samples = [], part(SPATIAL[name], MOST_SAMPLES)
    for torch in (shim, real):
        started = [start(torch, getattr(torch.nn.functional, name), sample, dtype="float64") for sample in samples]
        gradients(torch, started)
        found.append([finish(s) for s in started])
    wrong = {
        k: text
        for k, pair in enumerate(zip(*found, strict=True))
        if (text := apart(*pair, "gradient" if name in AT_POSITIONS else "value"))
    }
    assert not wrong, "\n".join(f"{samples[k]}: {text}" for k, text in wrong.items())


def apart(ours, theirs, value):
    """How two outcomes differ."""
    if "error" in ours or "error" in theirs:
        return "" if ours == theirs else f"{ours.get('error')!r} is not {theirs.get('error')!r}"
    texts = [] if ours["node"] == theirs["node"] else [f"{ours['node']} is not {theirs['node']}"]
    for part, kind in (("values", value), ("gradients", "gradient")):
        texts += unequal(*[[np.array(x) for x in side[part]] for side in (ours, theirs)], kind)
    return "; ".join(texts)


@pytest.mark.parametrize("name", HAS_SECOND)
def test_second_gradient_is_pytorchs(name, part):
    samples = part(SPATIAL[name], MOST_SECOND)
    found = [[second(torch, name, sample) for sample in samples] for torch in (shim, real)]
    for ours, theirs in zip(*found, strict=True):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * max(1, np.abs(b).max(initial=0)))


def second(torch, name, sample):
    """The gradient of the squared norm of a sample's gradient, where it has one."""
    s = start(torch, getattr(torch.nn.functional, name), sample, dtype="float64")
    ends = [x for x in s.results if x.requires_grad]
    if not ends:
        return []
    first = torch.autograd.grad(sum(x.pow(3).sum() for x in ends), s.leaves, create_graph=True, allow_unused=True)
    total = sum((g.pow(2).sum() for g in first if g is not None and g.requires_grad), torch.zeros(()))
    if not total.requires_grad:
        return []
    again = torch.autograd.grad(total, s.leaves, allow_unused=True)
    return [np.zeros(tuple(x.shape)) if g is None else array(g) for g, x in zip(again, s.leaves, strict=True)]


def test_warnings_are_pytorchs():
    for call in (lambda t: t.nn.functional.affine_grid(t.ones(1, 2, 3), (1, 1, 2, 2)),
                 lambda t: t.nn.functional.upsample(t.ones(1, 1, 2, 2), 3),
                 lambda t: t.nn.InstanceNorm1d(2)(t.ones(1, 3, 4))):  # fmt: skip
        texts = []
        for torch in (shim, real):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                call(torch)
            texts.append([str(w.message) for w in caught])
        assert texts[0] == texts[1]


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("n", [1, 2, 7, 8, 28, 33])
@pytest.mark.filterwarnings("ignore")
def test_the_identity_of_a_spatial_transformer_is_exact_to_the_bit(n, align_corners):
    """Elements are sampled where they lie, so that the last bit decides on which side a gradient is taken."""
    seen = {}
    for torch in (real, shim):
        theta = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]], requires_grad=True)
        grid = torch.nn.functional.affine_grid(theta, (1, 1, n, n), align_corners=align_corners)
        line = torch.linspace(-1, 1, n)
        seen[torch] = grid.detach().numpy().tobytes(), line.numpy().tobytes()
    assert seen[shim] == seen[real]


@pytest.mark.parametrize("ndim", [2, 3])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_fractional_pool_draws_what_pytorch_draws(ndim, dtype):
    rng, seen = np.random.default_rng(0), []
    values = rng.normal(size=(2, 3, *(9, 11, 7)[:ndim])).astype(np.float32)
    for torch in (real, shim):
        torch.manual_seed(0)
        x = torch.tensor(values).to(getattr(torch, dtype)).requires_grad_()
        pool = getattr(torch.nn.functional, f"fractional_max_pool{ndim}d")
        y, places = pool(x, 2, (4, 3, 2)[:ndim], return_indices=True)
        y.float().pow(2).sum().backward()
        again = pool(x[0], (3, 2, 2)[:ndim], output_ratio=(0.5,) * ndim)
        with_nan = torch.full((1, 1, *(4,) * ndim), float("nan"))
        last = pool(with_nan, 2, 2, return_indices=True)[1]
        seen.append([z.detach().double().numpy() for z in (y, places, x.grad, again, last)])
    for ours, theirs in zip(seen[1], seen[0], strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("size, channels", [(3, 5), (5, 3), (7, 16), (3, 1)])
def test_normalization_over_neighbouring_channels(size, channels):
    values, seen = np.random.default_rng(0).normal(size=(2, channels, 3, 4)), []
    for torch in (real, shim):
        x = torch.tensor(values, requires_grad=True)
        y = torch.nn.CrossMapLRN2d(size, alpha=0.5, k=2)(x)
        y.pow(2).sum().backward()
        assert y.grad_fn.name() == "CrossMapLRN2dBackward"
        seen.append([y.detach().numpy(), x.grad.numpy()])
    for ours, theirs in zip(seen[1], seen[0], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)
