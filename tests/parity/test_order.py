"""How results lie in memory where operands are turned, and the random numbers that follow it, against PyTorch, live."""

import copy
import operator

import numpy as np
import pytest
import torch as real
from scenarios import error

import funcgrad.torch as shim

ONE = (
    "abs acos angle ceil clone cos digamma erf exp expm1 floor isfinite lgamma log log1p logical_not logit nan_to_num "
    "neg reciprocal round rsqrt sigmoid sign sin sinc sqrt square tan tanh trunc relu selu celu zeros_like ones_like "
    "empty_like rand_like randn_like bernoulli"
)
OF_F = (
    "gelu hardsigmoid hardswish hardtanh leaky_relu logsigmoid mish silu softplus softshrink hardshrink relu6 elu rrelu "
    "dropout alpha_dropout softsign tanhshrink normalize instance_norm"
)
TWO = (
    "add sub rsub mul div floor_divide remainder fmod atan2 copysign eq ge fmax heaviside hypot isclose logaddexp "
    "logical_and maximum nextafter xlogy float_power pow complex polar ldexp"
)
CALLS = {
    **{name: lambda t, x, z, name=name: getattr(t, name)(x) for name in ONE.split()},
    **{f"F.{name}": lambda t, x, z, name=name: getattr(t.nn.functional, name)(x) for name in OF_F.split()},
    **{name: lambda t, x, z, name=name: getattr(t, name)(x, z) for name in TWO.split()},
    **{f"{name} from": lambda t, x, z, name=name: getattr(t, name)(z, x) for name in TWO.split()},
    "softmax": lambda t, x, z: x.softmax(0),
    "layer_norm": lambda t, x, z: t.nn.functional.layer_norm(x, (3,)),
    "linear": lambda t, x, z: t.nn.functional.linear(x, t.ones(3, 3)),
    "cast": lambda t, x, z: x.double(),
    "a number to the power": lambda t, x, z: 2**x,
    "a number less": lambda t, x, z: 1 - x,
    "a number over": lambda t, x, z: 1 / x,
    "power": lambda t, x, z: x**2,
    "clamp": lambda t, x, z: x.clamp(0, 1),
    "where": lambda t, x, z: t.where(x > 0.3, x, 0.0),
    "masked_fill": lambda t, x, z: x.masked_fill(x > 0.3, 0.0),
    "lerp": lambda t, x, z: t.lerp(x, z, 0.5),
    "addcmul": lambda t, x, z: t.addcmul(x, z, z),
    "prelu": lambda t, x, z: t.nn.functional.prelu(x, t.ones(1)),
    "flip": lambda t, x, z: x.flip(0),
    "cumsum": lambda t, x, z: x.cumsum(0),
    "broadcast": lambda t, x, z: x + z[0],
    "broadcast to": lambda t, x, z: z[:, :1] * x,
    "a loss of each": lambda t, x, z: t.nn.functional.mse_loss(x, z, reduction="none"),
    "parts": lambda t, x, z: x[:, :, 1:] + 1,
    "a chain": lambda t, x, z: (x.relu() * 2).transpose(0, 1)[:, 1:] - 1,
    "a chain made contiguous": lambda t, x, z: (x + 1).contiguous() * 2,
    "a copy by indices": lambda t, x, z: (x + 1).clone(memory_format=t.contiguous_format),
    "a copy by reshape": lambda t, x, z: (x + 1).reshape(4, 6) + 1,
    "detached": lambda t, x, z: (x + 1).detach() + 1,
    "a parameter": lambda t, x, z: t.nn.Parameter(x + 1) * 1,
    "fft": lambda t, x, z: t.fft.fft(z, dim=0),
    "fft twice": lambda t, x, z: t.fft.fft(t.fft.fft(z, dim=2), dim=0).real + 1,
    "fftn": lambda t, x, z: t.fft.fftn(x, dim=(0, 1)).abs(),
    "irfft": lambda t, x, z: t.fft.irfft(t.fft.rfft(z, dim=1), n=2, dim=1),
    **{
        equation: lambda t, x, z, equation=equation: t.einsum(equation, x, z)
        for equation in ("abc,adc->bda", "abc,ade->cebd", "abc,abd->dac", "abc,dbc->ad", "abc,dbc->da")
    },
}


def _turned(torch):
    x = ((torch.arange(24.0) + 1) / 40).view(2, 3, 4).permute(2, 0, 1)
    return x, torch.full((4, 2, 3), 0.7)


IMAGES = {
    "conv2d": lambda f, x: f.conv2d(x, x[:, :, :3, :3].relu()),
    "depthwise": lambda f, x: f.conv2d(x, x[:, :1, :3, :3].repeat(2, 1, 1, 1)[:4], groups=4),
    "conv2d of a weight": lambda f, x: f.conv2d(x.contiguous(), x[:, :, :3, :3] + 1),
    "conv_transpose2d": lambda f, x: f.conv_transpose2d(x, x[:1, :, :3, :3].transpose(0, 1).contiguous()),
    "batch_norm": lambda f, x: f.batch_norm(x, None, None, training=True),
    "group_norm": lambda f, x: f.group_norm(x, 2),
    "instance_norm": lambda f, x: f.instance_norm(x),
    "layer_norm": lambda f, x: f.layer_norm(x, (4, 6, 6)),
    "max_pool2d": lambda f, x: f.max_pool2d(x, 2),
    "places of max_pool2d": lambda f, x: f.max_pool2d(x, 2, return_indices=True)[1],
    "avg_pool2d": lambda f, x: f.avg_pool2d(x, 2),
    "adaptive_avg_pool2d": lambda f, x: f.adaptive_avg_pool2d(x, 3),
    "nearest": lambda f, x: f.interpolate(x, scale_factor=2),
    "bilinear": lambda f, x: f.interpolate(x, scale_factor=2, mode="bilinear"),
    "pad": lambda f, x: f.pad(x, (1, 1, 1, 1)),
    "pad by reflection": lambda f, x: f.pad(x, (1, 1, 1, 1), mode="reflect"),
    "pixel_shuffle": lambda f, x: f.pixel_shuffle(x, 2),
    "glu": lambda f, x: f.glu(x, 1),
    "some channels": lambda f, x: f.max_pool2d(x[:, :2], 2),
    "a bias": lambda f, x: x + x[:1, :, :1, :1],
    "a network": lambda f, x: f.relu(f.group_norm(f.conv2d(x, x[:, :, :3, :3].relu()), 2)),
}


def _images(torch):
    x = ((torch.arange(2 * 6 * 6 * 4.0) * 0.37) % 1).view(2, 6, 6, 4).permute(0, 3, 1, 2)
    return {
        "permuted": x,
        "by format": x.contiguous().to(memory_format=torch.channels_last),
        "contiguous": x.contiguous(),
        "otherwise turned": x.contiguous().transpose(2, 3),
    }


@pytest.mark.parametrize("lying", ["permuted", "by format", "contiguous", "otherwise turned"])
@pytest.mark.parametrize("name", IMAGES)
def test_a_result_has_its_channels_innermost_as_in_pytorch(name, lying):
    strides = [_steps(IMAGES[name](torch.nn.functional, _images(torch)[lying])) for torch in (real, shim)]
    assert operator.eq(*strides), strides


def _steps(x):
    """Strides, but of dimensions with one element: they lead nowhere."""
    return [step for step, n in zip(x.stride(), x.shape, strict=True) if n > 1]


def test_memory_formats():
    seen = {}
    for torch in (real, shim):
        x = torch.arange(120.0).view(2, 3, 4, 5)
        last, both = torch.channels_last, (torch.channels_last, torch.contiguous_format)
        turned = x.to(memory_format=last)
        made = [turned, turned.clone(), turned.contiguous(), x.contiguous(memory_format=last), torch.empty_like(turned)]
        made += [copy.deepcopy(turned), copy.deepcopy(torch.nn.Parameter(turned)), copy.copy(turned)]
        made += [turned.double(), torch.zeros_like(x, memory_format=last), x[:, 1:].clone(memory_format=last)]
        made += [
            x.view(1, 2, 3, 4, 5).to(memory_format=torch.channels_last_3d),
            x.to(memory_format=torch.preserve_format),
        ]
        lying = [(y.stride(), [y.ndim == 4 and y.is_contiguous(memory_format=form) for form in both]) for y in made]
        layer = torch.nn.Conv2d(3, 6, 2).to(memory_format=last)
        texts = _refusal(x[0].to, last), _refusal(x.contiguous, torch.channels_last_3d)
        same = turned.to(memory_format=last) is turned, x.contiguous() is x, turned.tolist() == x.tolist()
        seen[torch] = lying, layer.weight.stride(), layer.bias.stride(), layer(x).stride(), texts, same
    assert seen[shim] == seen[real]


def _refusal(call, memory_format):
    with pytest.raises(RuntimeError) as caught:
        call(memory_format=memory_format)
    return str(caught.value)


def test_masks_of_images():
    seen = {}
    for torch in (real, shim):
        torch.manual_seed(0)
        functional = torch.nn.functional
        made = [IMAGES[name](functional, x) for name in IMAGES for x in _images(torch).values() if "places" not in name]
        seen[torch] = [(functional.dropout(x.abs() + 1) == 0).tolist() for x in made]
    assert seen[shim] == seen[real]


@pytest.mark.parametrize("name", CALLS)
def test_a_result_lies_as_in_pytorch(name):
    strides = [CALLS[name](torch, *_turned(torch)).stride() for torch in (real, shim)]
    assert operator.eq(*strides), strides


@pytest.mark.parametrize(
    "name", ["relu", "add from", "softmax", "parts", "fft twice", "abc,adc->bda", "a copy by reshape"]
)
def test_random_numbers_follow_the_memory(name):
    seen = {}
    for torch in (real, shim):
        torch.manual_seed(0)
        x = CALLS[name](torch, *_turned(torch))
        kept = torch.nn.functional.dropout(x.abs() + 1, 0.5) != 0
        drawn = torch.rand_like(x), torch.randn_like(x), torch.randint_like(x, 9), torch.full_like(x, 2).uniform_()
        seen[torch] = [kept.tolist(), *(y.tolist() for y in drawn)]
    assert seen[shim] == seen[real]


def test_a_turned_result_is_saved_and_viewed(tmp_path):
    for torch in (real, shim):
        y = _turned(torch)[0] + 1
        torch.save(y, tmp_path / "y.pt")
        assert torch.load(tmp_path / "y.pt").tolist() == y.tolist()
        with pytest.raises(RuntimeError, match="view size is not compatible"):
            y.view(-1)
        assert y.reshape(-1).tolist() == y.flatten().tolist() == y.contiguous().view(-1).tolist()
        assert y.permute(1, 2, 0).view(-1).tolist() == sorted(y.flatten().tolist())


@pytest.mark.parametrize("is_sorted", [True, False])
@pytest.mark.parametrize("batch_first", [True, False])
def test_a_padded_sequence_lies_as_in_pytorch(batch_first, is_sorted):
    strides = []
    for torch in (real, shim):
        pack, pad = torch.nn.utils.rnn.pack_padded_sequence, torch.nn.utils.rnn.pad_packed_sequence
        packed = pack(torch.ones(3, 3, 2), torch.tensor([3, 2, 1]), batch_first, is_sorted)
        strides.append(pad(packed, batch_first)[0].stride())
    assert operator.eq(*strides), strides


ARRAYS = {
    "an image with its channels first": lambda: np.arange(24, dtype=np.float32).reshape(2, 3, 4).transpose(2, 0, 1),
    "a matrix turned": lambda: np.arange(12.0).reshape(3, 4).T,
    "Fortran's order": lambda: np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)),
}


@pytest.mark.parametrize("create", ["from_numpy", "tensor", "as_tensor", "asarray", "FloatTensor"])
@pytest.mark.parametrize("array", ARRAYS)
def test_an_array_keeps_its_order(array, create):
    def found(torch):
        x = getattr(torch, create)(ARRAYS[array]())
        torch.manual_seed(0)
        dropped = torch.nn.functional.dropout(x + 1, 0.5)
        return x.stride(), x.is_contiguous(), dropped.tolist(), torch.rand_like(x).tolist(), error(lambda: x.view(-1))

    assert found(shim) == found(real)


def test_a_tensor_on_a_turned_array_shares_its_memory():
    array = np.arange(6.0).reshape(2, 3)
    x = shim.from_numpy(array.T)
    x.mul_(2)
    assert array.tolist() == [[0, 2, 4], [6, 8, 10]]
    array[0, 1] = -1
    assert x[1, 0] == -1
