"""Tensors of users' classes as parameters, in files and in layers, beside the real PyTorch."""

import io
import pickletools
import zipfile

import pytest
import torch as real

import funcgrad.torch as shim

pytestmark = pytest.mark.usefixtures("eager")


class Real(real.Tensor):
    pass


class Shim(shim.Tensor):
    pass


CLASSES = ((real, Real), (shim, Shim))


def named(x):
    return "kept" if type(x).__name__ in ("Real", "Shim") else type(x).__name__


def parameters(torch, cls):
    nn = torch.nn
    x = torch.ones(2, 3).as_subclass(cls)
    p = nn.Parameter(x)
    p.note = 3
    yield named(p), isinstance(p, nn.Parameter), p.requires_grad, p.is_leaf
    yield repr(p).replace(cls.__name__, "K")
    yield [isinstance(y, nn.Parameter) for y in (x, p.detach(), p * 1, p.data, torch.ones(1))]
    layer = nn.Linear(3, 2)
    layer.weight = p
    yield [name for name, _ in layer.named_parameters()], named(layer(torch.ones(1, 3)))
    layer.load_state_dict({"weight": torch.zeros(2, 3), "bias": torch.zeros(2)})
    yield named(layer.weight), layer.weight.tolist(), {key: named(y) for key, y in layer.state_dict().items()}
    layer.double()
    yield named(layer.weight), str(layer.weight.dtype)
    optimizer = torch.optim.SGD([p], lr=0.5)
    (p * 2).sum().backward()
    optimizer.step()
    yield p.tolist(), named(p), named(nn.Parameter(p)), nn.Parameter(p) is p


def test_parameters():
    theirs, ours = (list(parameters(*pair)) for pair in CLASSES)
    assert ours == theirs


def test_the_text_of_a_class_of_parameters():
    for torch in (real, shim):
        kind = type("Own", (torch.nn.Parameter,), {})
        own, plain = kind(torch.ones(2, 2)), torch.nn.Parameter(torch.ones(2))
        rows = "[[1., 1.],\n     [1., 1.]]"
        assert torch.Tensor.__repr__(own) == f"Parameter(Own({rows}, requires_grad=True))"
        assert repr(own) == f"Parameter containing:\n{torch.Tensor.__repr__(own)}"
        assert torch.Tensor.__repr__(plain) == "tensor([1., 1.], requires_grad=True)"


def saved(torch, x, **options):
    file = io.BytesIO()
    torch.save(x, file)
    file.seek(0)
    return torch.load(file, **options)


def files(torch, cls):
    x = torch.ones(2, 3).as_subclass(cls)
    x.note = "hi"
    again = saved(torch, x, weights_only=False)
    yield named(again), again.tolist(), again.note
    parameter = saved(torch, torch.nn.Parameter(x), weights_only=False)
    yield named(parameter), isinstance(parameter, torch.nn.Parameter), parameter.requires_grad
    with pytest.raises(Exception, match="Weights only load failed"):
        saved(torch, x)
    with torch.serialization.safe_globals([cls]):
        yield named(saved(torch, x))


def test_files():
    theirs, ours = (list(files(*pair)) for pair in CLASSES)
    assert ours == theirs


def asked(torch, cls):
    """The names that stand in a file."""
    file = io.BytesIO()
    torch.save(torch.ones(2).as_subclass(cls), file)
    with zipfile.ZipFile(file) as archive:
        pickled = archive.read(next(name for name in archive.namelist() if name.endswith("data.pkl")))
    names = [argument for opcode, argument, _ in pickletools.genops(pickled) if opcode.name == "GLOBAL"]
    return [name.replace(cls.__name__, "K") for name in names]


def test_a_file_asks_for_the_same_names():
    theirs, ours = (asked(*pair) for pair in CLASSES)
    assert ours == theirs


def layers(torch, cls):
    nn, x = torch.nn, torch.ones(4, 3).as_subclass(cls)
    for name in ("RNN", "LSTM", "GRU"):
        output, state = getattr(nn, name)(3, 2)(x)
        yield named(output), [named(h) for h in (state if isinstance(state, tuple) else (state,))]
        step = getattr(nn, f"{name}Cell")(3, 2)(x)
        yield [named(h) for h in (step if isinstance(step, tuple) else (step,))]
    for layer in (
        nn.Linear(3, 2),
        nn.BatchNorm1d(3),
        nn.LayerNorm(3),
        nn.RMSNorm(3),
        nn.GroupNorm(1, 3),
        nn.Softmax(0),
    ):
        yield named(layer(x))
    plane = torch.ones(1, 4, 4, 4).as_subclass(cls)
    for layer in (
        nn.Conv2d(4, 2, 2),
        nn.ConvTranspose2d(4, 2, 2),
        nn.MaxPool2d(2),
        nn.PixelShuffle(2),
        nn.InstanceNorm2d(4),
    ):
        yield named(layer(plane))
    yield named(nn.TransformerEncoderLayer(3, 1, 4)(x[None]))


def test_layers():
    theirs, ours = (list(layers(*pair)) for pair in CLASSES)
    assert ours == theirs
