import argparse
import io
import os
import pickle
import pickletools
import struct
import zipfile
import zlib
from collections import OrderedDict, defaultdict

import pytest

import funcgrad.torch as torch
from funcgrad.torch import serialization
from funcgrad.torch.serialization import add_safe_globals, load, safe_globals, save


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(2, 3)
        self.second = torch.nn.Linear(3, 1)

    def forward(self, x):
        return self.second(torch.relu(self.first(x)))


class Settings:
    def __init__(self, rate):
        self.rate = rate

    def __eq__(self, other):
        return vars(self) == vars(other)

    __hash__ = None


class Restorer(Net):
    def __setstate__(self, state):
        raise AssertionError("called")


class Evil:
    """Pickles to a call."""

    def __init__(self, call, *args):
        self.parts = call, args

    def __reduce__(self):
        return self.parts


def saved(obj):
    file = io.BytesIO()
    save(obj, file)
    return file.getvalue()


def archive(pickled, storages=(), compression=zipfile.ZIP_STORED):
    """A checkpoint around any pickle."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as made:
        made.writestr("archive/data.pkl", pickled)
        for key, data in enumerate(storages):
            made.writestr(f"archive/data/{key}", data)
    return file.getvalue()


def read(data, **options):
    return load(io.BytesIO(data), **options)


STORAGE = ("storage", "FloatStorage", "0", "cpu", 4)


def tensor_pickle(offset=0, size=(4,), stride=(1,), storage=STORAGE):
    """The pickle of a tensor of any description."""
    kind, *rest = storage[1:]
    path = b"(" + b"".join(map(bare, ("storage",))) + f"ctorch\n{kind}\n".encode() + b"".join(map(bare, rest)) + b"tQ"
    arguments = path + b"".join(map(bare, (offset, size, stride, False))) + b"ccollections\nOrderedDict\n)R"
    return b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + arguments + b"tR."


def bare(value):
    """A pickle without its frame."""
    return pickletools.optimize(pickle.dumps(value, 2))[2:-1]


def test_a_path_gets_a_whole_file_or_keeps_what_it_had(tmp_path):
    path = tmp_path / "model.pt"
    save({"x": torch.ones(2)}, path)
    os.chmod(path, 0o640)
    with pytest.raises((pickle.PicklingError, AttributeError)):
        save({"x": torch.zeros(2), "f": lambda: 0}, str(path))
    assert load(path)["x"].tolist() == [1, 1]
    save([1], path)
    assert load(path) == [1]
    assert os.stat(path).st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["model.pt"]
    assert zipfile.ZipFile(path).namelist()[0] == "model/data.pkl"


def test_a_failure_while_writing_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "model.pt"
    save(1, path)
    monkeypatch.setattr(zipfile.ZipFile, "writestr", lambda *args: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        save(2, path)
    monkeypatch.undo()
    assert load(path) == 1
    assert os.listdir(tmp_path) == ["model.pt"]


def test_a_link_is_written_through(tmp_path):
    save(1, tmp_path / "real.pt")
    (tmp_path / "link.pt").symlink_to(tmp_path / "real.pt")
    save(2, tmp_path / "link.pt")
    assert (tmp_path / "link.pt").is_symlink()
    assert load(tmp_path / "real.pt") == 2


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(AttributeError, match="expected 'f' to be string, path, or a file-like object"):
        save(1, 3)
    with pytest.raises(RuntimeError, match=r"Parent directory .* does not exist"):
        save(1, tmp_path / "no" / "x.pt")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "no.pt")
    with pytest.raises(AttributeError, match="seekable"):
        load(3)
    with pytest.raises(EOFError, match=r"seek\(0\)"):
        load(io.BytesIO())
    with pytest.raises(pickle.UnpicklingError, match=r"is no checkpoint.*Pass a file that torch.save wrote"):
        read(b"hello world")
    with pytest.raises(pickle.UnpicklingError, match=r"before PyTorch 1\.6"):
        read(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.rest")


def test_views_stay_views_of_one_memory():
    x = torch.arange(6.0).reshape(2, 3)
    row, whole, block = read(saved([x[1], x, x[:, 1:]]))
    whole += 10
    assert row.tolist() == [13, 14, 15]
    block[0, 0] = -1.0
    assert whole[0].tolist() == [10, -1, 12]


def test_overlapping_tensors_cannot_be_written_to():
    loaded = read(saved(torch.ones(1).expand(3)))
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        loaded.add_(1)


def test_loaded_tensors_train():
    w = read(saved([torch.nn.Parameter(torch.ones(3, 2).t())]))[0]
    optimizer = torch.optim.SGD([w], lr=0.5)
    (w * torch.arange(6.0).reshape(2, 3)).sum().backward()
    optimizer.step()
    assert w.tolist() == [[1, 0.5, 0], [-0.5, -1, -1.5]]


def test_a_tied_parameter_stays_tied():
    net = Net()
    net.third = net.second
    loaded = read(saved(net.state_dict()))
    loaded["second.weight"] += 1
    assert loaded["third.weight"].tolist() == loaded["second.weight"].tolist()


# Whole modules.


def test_a_module_comes_back_with_weights_only_false():
    net = Net()
    loaded = read(saved(net), weights_only=False)
    x = torch.ones(1, 2)
    assert type(loaded) is Net
    assert loaded(x).item() == net(x).item()


class Dropped(torch.nn.Module):
    """A layer whose inner module has a method of the outer one, so that each leads to the other."""

    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Linear(2, 3)
        self.inner.flatten_parameters = self.nothing

    def nothing(self):
        return "nothing"

    @property
    def danger(self):
        raise AssertionError("called")


def test_methods_of_modules_come_back_bound():
    loaded = read(saved(Dropped()), weights_only=False)
    assert loaded.inner.flatten_parameters.__self__ is loaded
    assert loaded.inner.flatten_parameters() == "nothing"
    named = pickle.dumps(Dropped, 2)[2:-1]
    asked = b"\x80\x02cbuiltins\ngetattr\n" + named + b")\x81X\x06\x00\x00\x00danger\x86R."
    with pytest.raises(pickle.UnpicklingError, match="asks for the attribute 'danger' of a Dropped"):
        read(archive(asked), weights_only=False)


def test_a_module_is_refused_by_default_and_the_way_out_is_said():
    with pytest.raises(pickle.UnpicklingError, match=r"asks for .*test_serialization\.Net.*Pass weights_only=False"):
        read(saved(Net()))


def test_a_module_that_restores_itself_is_never_called():
    with pytest.raises(pickle.UnpicklingError, match=r"add_safe_globals\(\[Restorer\]\)"):
        read(saved(Restorer()), weights_only=False)


def test_a_class_must_be_allowed_by_name():
    data = saved({"settings": Settings(0.1)})
    for weights_only in (True, False):
        with pytest.raises(pickle.UnpicklingError, match=r"asks for .*Settings.*add_safe_globals\(\[Settings\]\)"):
            read(data, weights_only=weights_only)
    with safe_globals([Settings]):
        assert read(data)["settings"] == Settings(0.1)
    with pytest.raises(pickle.UnpicklingError):
        read(data)
    add_safe_globals([Settings])
    assert serialization.get_safe_globals() == [Settings]
    assert read(data)["settings"] == Settings(0.1)
    serialization.clear_safe_globals()
    with pytest.raises(pickle.UnpicklingError):
        read(data)


def test_unsafe_names_are_listed():
    names = serialization.get_unsafe_globals_in_checkpoint(io.BytesIO(saved({"a": Settings(1), "b": torch.ones(1)})))
    assert [name.rpartition(".")[2] for name in names] == ["_reconstructor", "object", "Settings"][-len(names) :]


def test_harmless_standard_types_need_weights_only_false():
    value = {"args": argparse.Namespace(lr=0.1), "counts": defaultdict(list, a=[1]), "none": ...}
    data = saved(value)
    with pytest.raises(pickle.UnpicklingError, match="weights_only=False"):
        read(data)
    assert read(data, weights_only=False) == value


# Hostile files. None of them may do anything but raise.


def calls(path):
    return [
        Evil(os.system, f"touch {path}"),
        Evil(open, path, "w"),
        Evil(exec, f"open({path!r}, 'w')"),
        Evil(eval, f"open({path!r}, 'w')"),
        Evil(__import__, "os"),
        Evil(getattr, torch, "save"),
    ]


@pytest.mark.parametrize("which", range(6))
@pytest.mark.parametrize("weights_only", [True, False])
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_no_call_is_made(tmp_path, which, weights_only, protocol):
    target = tmp_path / "pwned"
    evil = calls(str(target))[which]
    if which == 5:
        evil = Evil(getattr, OrderedDict, "fromkeys")
    with pytest.raises(pickle.UnpicklingError, match=r"(asks for|instruction)"):
        read(archive(pickle.dumps({"w": evil}, protocol)), weights_only=weights_only)
    assert not target.exists()


def test_blocked_modules_stay_blocked():
    add_safe_globals([(os.system, "posix.system")])
    try:
        with pytest.raises(pickle.UnpicklingError, match=r"posix\.system.*blocked"):
            read(archive(pickle.dumps(Evil(os.system, "true"), 2)))
    finally:
        serialization.clear_safe_globals()


@pytest.mark.parametrize(
    "pickled, text",
    [
        (b"\x80\x02ctorch\nfloat32\n}X\x05\x00\x00\x00numpyK\x01sb.", "sets attributes of a dtype"),
        (b"\x80\x02ctorch\nTensor\nN}X\x04\x00\x00\x00itemK\x01s\x86b.", "sets attributes of a type"),
        (b"\x80\x02ctorch\nfloat32\n)R.", "calls a dtype"),
        (b"\x80\x02ctorch\nTensor\n)R.", "calls a type"),
        (b"\x80\x02ccollections\nOrderedDict\n)R}X\x05\x00\x00\x00itemsK\x01sb.", "no dictionary of new attributes"),
        (b"\x80\x02c__builtin__\nbytearray\nJ\xff\xff\xff\x7f\x85R.", "damaged"),
        (b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x03\x00\x00\x00zip\x86R.", "bytes as 'zip'"),
        (b"\x80\x02ctorch\nSize\n]K\x01a]a\x85R.", "something else than integers"),
        (b"\x80\x02X\x05\x00\x00\x00helloK\x01s.", "damaged"),
        (b"\x80\x02(K\x01u.", "damaged"),
        (b"\x80\x02K\x01K\x02s.", "damaged"),
        (b"\x80\x02]q\x00K\x01K\x02s.", "fills a list|damaged"),
        (b"\x80\x02t.", "mark is missing"),
        (b"\x80\x02h\x07.", "damaged"),
        (b"\x80\x02.", "damaged"),
        (b"\x80\x02N", "damaged"),
        (b"", "damaged"),
        (b"\x80\x02X\xff\xff\xff\x7fab", "damaged"),
        (b"\xff\xff", "damaged"),
        (b"\x80\x02]Q.", "unknown way"),
        (b"\x80\x02(X\x06\x00\x00\x00moduleN\x86Q.", "unknown way"),
        (b"\x80\x02(cos\nsystem\nX\x04\x00\x00\x00trueoN.", r"instruction OBJ|asks for os\.system"),
        (b"(S'true'\nios\nsystem\n.", "instruction INST"),
        (b"\x80\x02cbuiltins\ngetattr\nctorch\nTensor\nX\x04\x00\x00\x00item\x86R.", "asks for"),
        (b"\x80\x02cbuiltins\ngetattr\nctorch._C\n_VariableFunctionsClass\nX\x04\x00\x00\x00save\x86R.", "asks for"),
        (b"\x80\x02ctorch.nn.functional\nrelu\n)R.", "calls a function|asks for"),
    ],
)
@pytest.mark.parametrize("weights_only", [True, False])
def test_damaged_and_malicious_pickles(pickled, text, weights_only):
    with pytest.raises(pickle.UnpicklingError, match=text):
        read(archive(pickled), weights_only=weights_only)


def test_keys_that_would_hash_for_ever():
    deep = b"\x80\x02)" + b"2\x86" * 60 + b"}q\x00" + b"."
    assert read(archive(deep)) == {}
    as_key = b"\x80\x02})" + b"2\x86" * 60 + b"K\x01s."
    with pytest.raises(pickle.UnpicklingError, match="nests a dictionary key"):
        read(archive(as_key))
    with pytest.raises(pickle.UnpicklingError, match="nests a dictionary key"):
        read(archive(b"\x80\x02})" + b"\x85" * 100_000 + b"K\x01s."))


@pytest.mark.parametrize(
    "description, text",
    [
        ({"size": (5,)}, "lead out of a storage of 4 elements"),
        ({"offset": 1}, "lead out of a storage"),
        ({"stride": (2,)}, "lead out of a storage"),
        ({"size": (-1,)}, "a tensor with offset"),
        ({"offset": -4}, "a tensor with offset"),
        ({"size": (1.0,)}, "a tensor with offset"),
        ({"size": (4, 1)}, "a tensor with offset"),
        ({"size": (2**40,), "stride": (0,)}, "elements in a storage of 4"),
        ({"storage": ("storage", "FloatStorage", "0", "cpu", 5)}, r"16 bytes instead of 20"),
        ({"storage": ("storage", "LongStorage", "0", "cpu", 4)}, r"16 bytes instead of 32"),
        ({"storage": ("storage", "FloatStorage", "1", "cpu", 4)}, "file not found: archive/data/1"),
        ({"storage": ("storage", "FloatStorage", "0", "cpu", -4)}, "instead of -16"),
        ({"storage": ("storage", "FloatStorage", "0", "cuda:0", 4)}, r"map_location=torch.device\('cpu'\)"),
        ({"storage": ("storage", "FloatStorage", "../../x", "cpu", 4)}, "file not found"),
    ],
)
def test_tensors_that_do_not_fit_their_storage(description, text):
    assert read(archive(tensor_pickle(), [bytes(16)])).tolist() == [0, 0, 0, 0]
    with pytest.raises((pickle.UnpicklingError, RuntimeError), match=text):
        read(archive(tensor_pickle(**description), [bytes(16)]))


@pytest.mark.parametrize(
    "map_location",
    [
        *("cpu", torch.device("cpu"), {"cuda:0": "cpu"}, lambda storage, place: storage),
        lambda storage, place: serialization.default_restore_location(storage, "cpu"),
    ],
)
def test_a_map_location_brings_tensors_to_the_cpu(map_location):
    data = archive(tensor_pickle(storage=("storage", "FloatStorage", "0", "cuda:0", 4)), [bytes(16)])
    assert read(data, map_location=map_location).tolist() == [0, 0, 0, 0]
    for place in ("cuda", serialization.default_restore_location):
        with pytest.raises(RuntimeError, match="CUDA"):
            read(data, map_location=place)


def test_bytes_of_the_other_order_are_turned():
    file = io.BytesIO(archive(tensor_pickle(), [struct.pack(">4f", 1, 2, 3, 4)]))
    with zipfile.ZipFile(file, "a") as made:
        made.writestr("archive/byteorder", "big")
    assert read(file.getvalue()).tolist() == [1, 2, 3, 4]


def test_every_truncation_is_told():
    whole = saved({"x": torch.arange(50), "y": [torch.ones(3)]})
    for length in [*range(1, len(whole), 37), len(whole) - 1]:
        with pytest.raises((RuntimeError, pickle.UnpicklingError), match=r"(cut short or damaged|no checkpoint)"):
            read(whole[:length])


def test_flipped_bytes_raise_or_change_nothing_but_names():
    whole = bytearray(saved({"x": torch.arange(50)}))
    for place in range(0, len(whole), 11):
        broken = bytearray(whole)
        broken[place] ^= 0x55
        try:
            loaded = read(bytes(broken))
        except (RuntimeError, pickle.UnpicklingError, EOFError):
            continue
        assert loaded["x"].tolist() == list(range(50))


def test_compressed_records_are_refused():
    pickled = tensor_pickle(storage=("storage", "ByteStorage", "0", "cpu", 10**7))
    bomb = archive(pickled, [bytes(10**7)], zipfile.ZIP_DEFLATED)
    assert len(bomb) < 20_000
    with pytest.raises(RuntimeError, match="compressed"):
        read(bomb)


def test_records_inside_one_another_cannot_fill_the_memory():
    """Each record's bytes are the next record, so that all together have many times the size of the file."""
    inner, count = bytes(10_000), 20
    directory = []
    for key in range(count - 1, -1, -1):
        name = f"archive/data/{key}".encode()
        common = struct.pack("<HHHHHIII", 0, 0, 0, 0, 33, zlib.crc32(inner), len(inner), len(inner))
        own = b"PK\x03\x04" + struct.pack("<H", 20) + common[2:] + struct.pack("<HH", len(name), 0) + name
        directory.append((name, common, len(own)))
        inner = own + inner
    offset, entries = 0, b""
    for name, common, length in reversed(directory):
        tail = struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, offset)
        entries += b"PK\x01\x02" + struct.pack("<HH", 20, 20) + common[2:] + tail + name
        offset += length
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, len(entries), len(inner), 0)
    reader = serialization.archive.Reader(io.BytesIO(inner + entries + end))
    with pytest.raises(RuntimeError, match=r"more than the file has left|Overlapped"):
        [reader.read(f"data/{key}") for key in range(count)]


def test_pickle_keeps_values_parameters_and_views():
    module = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    module[0].weight.requires_grad_(False)
    found = pickle.loads(pickle.dumps(module))
    assert [p.requires_grad for p in found.parameters()] == [False, True, True, True]
    assert all(torch.equal(found.state_dict()[name], value) for name, value in module.state_dict().items())
    view = torch.arange(4.0)[1:3]
    assert torch.equal(pickle.loads(pickle.dumps(view)), view)


def test_a_pickle_module_stands_for_more_than_weights():
    file = io.BytesIO()
    torch.save(torch.nn.Linear(1, 1), file)
    file.seek(0)
    assert isinstance(torch.load(file, pickle_module=pickle), torch.nn.Linear)
    file.seek(0)
    with pytest.raises(RuntimeError, match="Can not safely load weights when explicit pickle_module is specified"):
        torch.load(file, pickle_module=pickle, weights_only=True)
