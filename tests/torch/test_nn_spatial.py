"""Convolutions, pools, normalizations, padding and resampling against what was recorded from PyTorch."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from outcomes import finish, gradients, start
from recorded_outcomes import unpack
from spatial_samples import SPATIAL

import funcgrad.torch as torch
from funcgrad.tolerances import tolerance
from funcgrad.torch import nn
from funcgrad.torch._ops.convolution import convolve
from funcgrad.torch.nn import functional as F
from funcgrad.trace import stats, synchronize

RECORDED = unpack(Path(__file__).parents[1] / "support" / "recorded" / "spatial.npz")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("unoptimized")
@pytest.mark.parametrize("name", SPATIAL)
def test_values_gradients_and_errors_are_pytorchs(name):
    runs = [start(torch, getattr(F, name), sample) for sample in SPATIAL[name]]
    gradients(torch, runs)
    for number, (run, expected) in enumerate(zip(runs, RECORDED[name], strict=True)):
        assert_same(finish(run), expected, f"{name}, sample {number}, {SPATIAL[name][number]}")


AT_POSITIONS = ("interpolate", "grid_sample")
"""Functions whose weights come from positions rounded to float32, at other places than PyTorch rounds them."""


def assert_same(ours, expected, where):
    assert ours.get("error") == expected.get("error"), where
    assert ours.get("node") == expected.get("node"), where
    for part in ("values", "gradients") if "error" not in expected else ():
        assert len(ours[part]) == len(expected[part]), where
        for a, b in zip(ours[part], expected[part], strict=True):
            bound = tolerance(b.dtype, "gradient" if where.startswith(AT_POSITIONS) else part[:-1])
            largest = max(1.0, np.nanmax(np.abs(b), initial=0)) if b.dtype.kind == "f" else 0
            assert (a.shape, a.dtype) == (b.shape, b.dtype), where
            np.testing.assert_allclose(a, b, bound["rtol"], bound["atol"] * largest, err_msg=where)


def test_item_85_momentum_none_is_the_mean_over_all_batches():
    norm = nn.BatchNorm1d(1, momentum=None)
    for value in (1.0, 2.0, 6.0):
        norm(torch.tensor([[value], [value]]))
    assert norm.running_mean.item() == pytest.approx(3.0)
    assert norm.num_batches_tracked.item() == 3


def test_running_statistics_take_no_look_at_values():
    norm = nn.BatchNorm2d(3, momentum=None)
    synchronize("test")
    before = set(stats.causes)
    for _ in range(3):
        norm(torch.ones(2, 3, 4, 4))
    assert set(stats.causes) - before <= {"module"}  # that a module begins, which is no look


def test_a_bias_may_change_between_forward_and_backward():
    norm = nn.BatchNorm1d(2)
    x = torch.randn(4, 2, requires_grad=True)
    y = norm(x)
    with torch.no_grad():
        norm.bias.add_(1)
    y.sum().backward()
    assert x.grad is not None


def test_a_convolutional_step_compiles_a_bounded_number_of_programs():
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 3)
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    x, y = torch.randn(8, 1, 8, 8), torch.randint(0, 3, (8,))
    synchronize("test")
    before, losses = stats.programs, []
    for _ in range(20):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]
    assert stats.programs - before <= 3


def test_a_large_kernel_for_each_channel_is_a_loop_not_a_thousand_products():
    x, w = jnp.ones((1, 3, 40, 40)), jnp.ones((3, 1, 33, 33))

    def total(x, w):
        return convolve(x, w, (1, 1), [(16, 16)] * 2, (1, 1), 3).sum()

    assert str(jax.make_jaxpr(jax.grad(total, (0, 1)))(x, w)).count(" mul ") < 10 * 33


LAZY = {
    "LazyLinear(3)": ((2, 5), "Linear(in_features=5, out_features=3, bias=True)"),
    "LazyConv2d(4, 3)": ((2, 3, 5, 5), "Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1))"),
    "LazyConvTranspose1d(4, 3, groups=2)": (
        (4, 5),
        "ConvTranspose1d(4, 4, kernel_size=(3,), stride=(1,), groups=2)",
    ),
    "LazyBatchNorm1d(affine=False)": (
        (2, 3),
        "BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=True)",
    ),
}


@pytest.mark.parametrize("source", LAZY)
def test_a_lazy_layer_becomes_the_plain_one_with_its_draws(source):
    shape, text = LAZY[source]
    torch.manual_seed(0)
    lazy = eval(f"nn.{source}", {"nn": nn})
    x = torch.ones(*shape) * torch.arange(1, shape[-1] + 1)
    y = lazy(x)
    torch.manual_seed(0)
    plain = eval(f"nn.{text}", {"nn": nn})
    assert repr(lazy) == text == repr(plain)
    assert type(lazy) is type(plain)
    np.testing.assert_array_equal(y.detach().numpy(), plain(x).detach().numpy())


def test_a_lazy_parameter_has_no_shape_yet():
    lazy = nn.LazyConv2d(4, 3)
    assert repr(lazy.weight) == "<UninitializedParameter>"
    assert type(lazy.weight) is torch.nn.parameter.UninitializedParameter
    with pytest.raises(RuntimeError, match="Call `forward` to initialize the parameters"):
        lazy.weight.shape  # noqa: B018


def test_output_size_of_a_transposed_convolution():
    layer = nn.ConvTranspose2d(1, 1, 3, stride=2)
    x = torch.ones(1, 1, 3, 3)
    assert layer(x, output_size=(8, 8)).shape == (1, 1, 8, 8)
    with pytest.raises(
        ValueError, match=r"requested an output size of \(9, 9\), but valid sizes range from \[7, 7\] to \[8, 8\]"
    ):
        layer(x, output_size=(9, 9))
    with pytest.raises(ValueError, match=r"output_size must have 2 or 4 elements \(got 1\)"):
        layer(x, output_size=(9,))


@pytest.mark.parametrize(
    "make, text",
    [
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "in_channels must be divisible by groups"),
        (lambda: nn.Conv2d(4, 3, 3, groups=2), "out_channels must be divisible by groups"),
        (lambda: nn.Conv2d(4, 3, 3, groups=0), "groups must be a positive integer"),
        (lambda: nn.Conv2d(3, 4, 3, padding="twice"), "Invalid padding string 'twice'"),
        (lambda: nn.Conv2d(3, 4, 3, 2, "same"), "padding='same' is not supported for strided convolutions"),
        (lambda: nn.Conv2d(3, 4, 3, padding_mode="mirror"), "but got padding_mode='mirror'"),
        (lambda: nn.ConvTranspose2d(3, 4, 3, padding_mode="reflect"), 'Only "zeros" padding mode is supported'),
        (lambda: nn.GroupNorm(2, 3), r"num_channels \(3\) must be divisible by num_groups \(2\)"),
        (lambda: nn.BatchNorm1d(3)(torch.ones(2, 3, 4, 4)), r"expected 2D or 3D input \(got 4D input\)"),
        (lambda: nn.BatchNorm2d(3)(torch.ones(2, 3, 4)), r"expected 4D input \(got 3D input\)"),
        (lambda: nn.InstanceNorm1d(3, affine=True)(torch.ones(2, 4, 5)), "to match num_features"),
        (lambda: nn.CircularPad1d(1)(torch.ones(3)), r"expected 2D or 3D input \(got 1D input\)"),
    ],
)
def test_errors_of_modules(make, text):
    with pytest.raises(ValueError, match=text):
        make()


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_gradients_of_a_convolution_by_themselves(rank):
    convolution = getattr(F, f"conv{rank}d")
    x = torch.randn(2, 4, *[6] * rank, requires_grad=True)
    weight = torch.randn(6, 2, *[3] * rank, requires_grad=True)
    geometry = {"stride": 2, "padding": 1, "dilation": 1, "groups": 2}
    output = convolution(x, weight, **geometry)
    seed = torch.randn_like(output)
    expected = torch.autograd.grad(output, (x, weight), seed)
    of_input = getattr(nn.grad, f"conv{rank}d_input")(x.shape, weight, seed, **geometry)
    of_weight = getattr(nn.grad, f"conv{rank}d_weight")(x, weight.shape, seed, **geometry)
    assert torch.equal(of_input, expected[0])
    assert torch.equal(of_weight, expected[1])
    of_input.square().sum().backward()
    assert weight.grad is not None
    assert x.grad is None
    with torch.no_grad():
        assert not getattr(nn.grad, f"conv{rank}d_weight")(x, weight.shape, seed, **geometry).requires_grad


def test_a_kernel_as_wide_as_its_input_makes_channels_of_the_width():
    """Its input's gradient would else be a convolution over padding as wide as the kernel."""
    x, w = jnp.ones((2, 1, 9, 7)), jnp.ones((3, 1, 4, 7))

    def convolved(x, w):
        return convolve(x, w, (1, 1), ((0, 0), (0, 0)), (1, 1), 1)

    gradients = str(jax.make_jaxpr(lambda x, w: jax.vjp(convolved, x, w)[1](jnp.ones((2, 3, 6, 1))))(x, w))
    assert "(6, 6)" not in gradients
    assert "conv_general_dilated" not in str(jax.make_jaxpr(convolved)(x[:, :, :4], w))
    np.testing.assert_allclose(convolved(x, w), jnp.full((2, 3, 6, 1), 28.0))
