"""Checkpoints that go from here to the real PyTorch and back."""

import io
import itertools
import pickle
from collections import Counter, OrderedDict

import numpy as np
import pytest
import torch as real

import funcgrad.torch as shim
from funcgrad.torch import serialization
from funcgrad.torch._layout import offset_of, strides_of

DTYPES = [
    "float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool", "complex64",
    "complex128",
]  # fmt: skip
ROUTES = [
    pytest.param(real, shim, id="real-shim"),
    pytest.param(shim, real, id="shim-real"),
    pytest.param(shim, shim, id="shim-shim"),
]


def save(torch, obj, **options):
    file = io.BytesIO()
    (serialization if torch is shim else real).save(obj, file, **options)
    file.seek(0)
    return file


def load(torch, file, **options):
    return serialization.load(file, **options) if torch is shim else real.load(file, **options)


def described(x):
    """What a loaded object is, in terms that both have."""
    if isinstance(x, real.Tensor):
        values = x.detach().float().tolist() if x.dtype is real.bfloat16 else x.tolist()
        return type(x).__name__, str(x.dtype), values, x.stride(), x.storage_offset(), x.requires_grad
    if isinstance(x, shim.Tensor):
        return type(x).__name__, str(x.dtype), x.tolist(), strides_of(x), offset_of(x), x.requires_grad
    if isinstance(x, dict):
        return type(x).__name__, [(key, described(value)) for key, value in x.items()]
    if isinstance(x, tuple | list):
        return type(x).__name__, [described(part) for part in x]
    return type(x).__name__.strip("_").lower(), str(x)


def layouts(torch):
    x = torch.arange(24.0).reshape(4, 6)
    return {
        "whole": x,
        "transposed": x.t(),
        "block": x[1:3, 2:5],
        "row": x[2],
        "steps": x[:, ::2],
        "permuted": torch.arange(24).reshape(2, 3, 4).permute(2, 0, 1),
        "expanded": torch.ones(1).expand(3),
        "scalar": torch.tensor(3.0),
        "empty": torch.zeros(0, 3),
        "one": torch.ones(1, 1, 5),
        "leaf": torch.ones(2, requires_grad=True),
        "parameter": torch.nn.Parameter(torch.ones(2)),
        "frozen": torch.nn.Parameter(torch.ones(2), requires_grad=False),
    }


def values(torch):
    return [
        None, True, 1, -5, 2**40, -(2**90), 2.5, float("inf"), "ü", b"\x00\xff", 1 + 2j, (), (1,), [[]], {}, {1, 2},
        bytearray(b"ab"), OrderedDict(a=1), Counter("aab"), torch.Size([2, 3]), torch.bfloat16, torch.strided,
        torch.device("cpu"), torch.device("cuda", 1), {(1, ("a", None)): "key"},
    ]  # fmt: skip


def dtypes(torch):
    return [torch.ones(3, dtype=getattr(torch, name)) for name in DTYPES]


def training(torch):
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    groups = optimizer.state_dict()["param_groups"]
    state = optimizer.state_dict()["state"]
    return {"model": dict(model.state_dict()), "state": state, "lr": groups[0]["lr"], "epoch": 3}


@pytest.mark.parametrize("source, target", ROUTES)
@pytest.mark.parametrize("make", [layouts, values, training, dtypes])
def test_what_is_saved_is_loaded(source, target, make):
    source.manual_seed(0)
    saved = make(source)
    loaded = load(target, save(source, saved), weights_only=True)
    assert described(loaded) == described(saved)


@pytest.mark.parametrize("source, target", ROUTES)
def test_shared_memory_stays_shared(source, target):
    x = source.arange(6.0).reshape(2, 3)
    loaded = load(target, save(source, [x[1], x, x.t(), x]))
    assert loaded[1] is loaded[3]
    loaded[1][1, 2] = 99.0
    loaded[0][0] = 98.0
    loaded[2][0, 0] = 97.0
    assert loaded[0].tolist() == [98, 4, 99]
    assert loaded[1].tolist() == [[97, 1, 2], [98, 4, 99]]
    assert loaded[2].tolist() == [[97, 98], [1, 4], [2, 99]]


def functions(torch):
    F = torch.nn.functional
    return [
        *(F.relu, torch.relu, F.gelu, F.silu, F.softplus, F.leaky_relu, F.logsigmoid, F.softmax, F.cross_entropy),
        *(torch.tanh, torch.add, torch.matmul, torch.einsum, F.conv2d, F.linear),
    ]


@pytest.mark.parametrize("source, target", ROUTES)
@pytest.mark.parametrize("protocol", [2, 4])
def test_functions_keep_their_identity(source, target, protocol):
    loaded = load(target, save(source, functions(source), pickle_protocol=protocol), weights_only=False)
    assert all(one is other for one, other in zip(loaded, functions(target), strict=True))


@pytest.mark.parametrize("target", [real, shim], ids=["real", "shim"])
def test_functions_need_weights_only_false(target):
    for function in (target.relu, target.nn.functional.relu):
        with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
            load(target, save(target, function))


@pytest.mark.parametrize("source, target", ROUTES)
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol(source, target, protocol):
    if target is real and protocol != 2:
        pytest.skip("the real weights_only unpickler reads protocol 2")
    saved = {"x": source.ones(2), "list": [1, (2, 3)], "set": {1}, "bytes": b"ab", "text": "t" * 300}
    assert described(load(target, save(source, saved, pickle_protocol=protocol))) == described(saved)


def test_attributes_of_tensors_are_kept():
    for source, target in itertools.product([real, shim], repeat=2):
        x, p = source.ones(2), source.nn.Parameter(source.ones(1))
        x.note, p.note = "one", [2]
        loaded = load(target, save(source, [x, p]))
        assert (loaded[0].note, loaded[1].note) == ("one", [2])


def test_104_through_a_file_optimizers_do_not_share_state():
    model = shim.nn.Linear(1, 1)
    optimizer = shim.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model(shim.ones(1, 1)).sum().backward()
    optimizer.step()
    again = shim.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    again.load_state_dict(load(shim, save(shim, optimizer.state_dict())))
    before = again.state_dict()["state"][0]["momentum_buffer"].tolist()
    optimizer.step()
    assert again.state_dict()["state"][0]["momentum_buffer"].tolist() == before


def test_82_83_a_state_dict_moves_between_the_two():
    real.manual_seed(0)
    theirs, ours = real.nn.Linear(3, 2), shim.nn.Linear(3, 2)
    assert str(ours.load_state_dict(load(shim, save(real, theirs.state_dict())))) == "<All keys matched successfully>"
    assert ours.weight.tolist() == theirs.weight.tolist()
    assert str(theirs.load_state_dict(load(real, save(shim, ours.state_dict())))) == "<All keys matched successfully>"


def test_the_real_one_maps_our_files_into_memory(tmp_path):
    serialization.save({"x": shim.arange(5), "y": shim.ones(3)}, tmp_path / "m.pt")
    loaded = real.load(tmp_path / "m.pt", mmap=True)
    assert loaded["x"].tolist() == [0, 1, 2, 3, 4]
    assert loaded["y"].data_ptr() % 64 == loaded["x"].data_ptr() % 64


def test_a_file_of_many_storages_reads_in_both():
    saved = [shim.full((k % 5,), k) for k in range(60)]
    assert described(load(real, save(shim, saved))) == described(saved)


@pytest.mark.parametrize(
    "value", [np.float64(2.5), np.arange(6).reshape(2, 3), np.int8(3), frozenset({1}), range(3), slice(1)]
)
def test_harmless_types_need_weights_only_false(value):
    for source in (real, shim):
        with pytest.raises(pickle.UnpicklingError, match="weights_only=False"):
            load(shim, save(source, value))
        loaded = load(shim, save(source, value), weights_only=False)
        assert type(loaded) is type(value)
        np.testing.assert_array_equal(loaded, value)


def test_the_old_format_is_read_or_refused_clearly():
    with pytest.raises(pickle.UnpicklingError, match=r"before PyTorch 1\.6: load it with PyTorch and save it again"):
        load(shim, save(real, real.ones(1), _use_new_zipfile_serialization=False))
