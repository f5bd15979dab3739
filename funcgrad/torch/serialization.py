"""torch.serialization: checkpoints in PyTorch's file format.

Loading runs no code from a file: known types are rebuilt, anything else is refused with its name.
"""

from __future__ import annotations

import io
import os
import pickle
import pickletools
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, BinaryIO

from funcgrad.torch._serialization import archive, unpickler
from funcgrad.torch._serialization.file_storage import FileStorage
from funcgrad.torch._serialization.known import Known, is_known
from funcgrad.torch._serialization.known import add_safe_globals as add_safe_globals
from funcgrad.torch._serialization.known import clear_safe_globals as clear_safe_globals
from funcgrad.torch._serialization.known import get_safe_globals as get_safe_globals
from funcgrad.torch._serialization.known import safe_globals as safe_globals
from funcgrad.torch._serialization.pickler import Pickler
from funcgrad.torch._types import device, dtype

DEFAULT_PROTOCOL = 2
MAP_LOCATION = Any
"""What `map_location` may be, as libraries write it in annotations."""
_NO_CUDA = (
    "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are running on a "
    "CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map your storages to the CPU."
)
_NO_ZIP = "{source} is no checkpoint: PyTorch's files begin with {magic!r}, this one with {head!r}. {advice}"
_LEGACY_HEAD = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_LEGACY_ADVICE = (
    "It is in the format from before PyTorch 1.6: load it with PyTorch and save it again, then it can be read here."
)


def normalize_storage_type(storage_type: Any) -> Any:
    """The class of a storage as the package names it.

    Args:
        storage_type: A class of that name, such as `FloatStorage`.
    """
    return getattr(import_module("funcgrad.torch"), storage_type.__name__)


def location_tag(storage: Any) -> str:
    """Where a storage lives, as a checkpoint says it."""
    return storage.device.type


def save(
    obj: Any,
    f: Any,
    pickle_module: Any = pickle,
    pickle_protocol: int = DEFAULT_PROTOCOL,
    _use_new_zipfile_serialization: bool = True,
) -> None:
    """Write an object to a file that `torch.load` reads, this one and the real one.

    A file that is given by its path is replaced only when the new one is whole.

    Args:
        obj: Tensors, state dicts, containers and numbers; also what Python can pickle by reference to its class.
        f: A path, or something to `write` to.
        pickle_module: Without effect.
        pickle_protocol: Pickle's protocol; PyTorch reads 2 only under `weights_only`.

    Raises:
        AttributeError: `f` is neither.
        RuntimeError: The folder of the path does not exist.
        pickle.PicklingError: A part of the object cannot be pickled.

    Example:
        >>> import io, funcgrad.torch as torch
        >>> file = io.BytesIO()
        >>> torch.save({"w": torch.ones(2)}, file)
        >>> _ = file.seek(0)
        >>> torch.load(file)
        {'w': tensor([1., 1.])}
    """
    if not archive.is_path(f) and not hasattr(f, "write"):
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")
    pickler = Pickler(pickle_protocol)
    pickler.dump(obj)
    pickled, storages = pickler.file.getvalue(), pickler.bytes_of_storages()
    if archive.is_path(f):
        path = os.fspath(f)
        with archive.replacing(path) as file:
            archive.write(file, os.path.splitext(os.path.basename(path))[0] or "archive", pickled, storages)
    else:
        memory = io.BytesIO()
        archive.write(memory, "archive", pickled, storages)
        f.write(memory.getvalue())


def load(
    f: Any,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """Read an object from a file that `torch.save` wrote, this one or the real one.

    Tensors, parameters, containers, numbers, dtypes, devices and sizes are rebuilt. With `weights_only=False` so are a
    few harmless types more, and modules of classes that the program has defined or imported: their attributes are
    restored, nothing of theirs is called. Everything else must be named to `add_safe_globals` first.

    Args:
        f: A path, or a file open for reading in binary mode.
        map_location: Where tensors go: the CPU, or `meta`, where they have no data.
        pickle_module: Refused with `weights_only`; else it only stands for `weights_only=False`.
        weights_only: True for the types of checkpoints only, as is None without a `pickle_module`.
        mmap: Without effect.
        pickle_load_args: Without effect.

    Returns:
        The object; tensors that shared memory when they were saved share it again.

    Raises:
        pickle.UnpicklingError: The file asks for something that is not rebuilt, or its pickle is damaged.
        RuntimeError: The file is no whole checkpoint, or its tensors need another device.
    """
    if weights_only is None:
        weights_only = pickle_module is None
    if pickle_module is not None and weights_only:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    with _opened(f) as file:
        reader = _reader(file, f)
        names = Known(is_strict=weights_only)
        return unpickler.load(io.BytesIO(reader.read("data.pkl")), names, _Contents(reader, map_location).storage)


def get_unsafe_globals_in_checkpoint(f: Any) -> list[str]:
    """Names in a file that `torch.load` with `weights_only=True` refuses."""
    with _opened(f) as file:
        pickled = _reader(file, f).read("data.pkl")
    asked = {str(argument) for opcode, argument, _ in pickletools.genops(pickled) if opcode.name == "GLOBAL"}
    return sorted(path.replace(" ", ".", 1) for path in asked if not is_known(*path.split(" ", 1)))


class _Contents:
    """The storages of a checkpoint, each read when it is first asked for."""

    def __init__(self, reader: archive.Reader, map_location: Any) -> None:
        self.reader = reader
        self.map_location = map_location
        self.storages: dict[str, FileStorage] = {}
        self.byteorder = reader.read("byteorder").decode("latin1") if reader.has("byteorder") else "little"

    def storage(self, identity: Any) -> FileStorage:
        """The storage of a persistent id."""
        match identity:
            case ("storage", dtype() as kind, str() as key, str() as location, int() as count):
                pass
            case _:
                raise pickle.UnpicklingError(f"the pickle names a storage in an unknown way: {identity!r:.100}")
        if key not in self.storages:
            self.storages[key] = self._read(key, kind, location, count)
        found = self.storages[key]
        if found.flat.dtype != kind.numpy:
            raise pickle.UnpicklingError(f"the pickle takes storage {key} as {kind} and as {found.flat.dtype}")
        return found

    def _read(self, key: str, kind: dtype, location: str, count: int) -> FileStorage:
        data = self.reader.read(f"data/{key}")
        if len(data) != count * kind.itemsize:
            raise archive.damaged(f"record data/{key} has {len(data)} bytes instead of {count * kind.itemsize}")
        storage = FileStorage(data, kind, self.byteorder)
        storage.is_meta = _place(self.map_location, storage, location) == "meta"
        return storage


def _place(map_location: Any, storage: FileStorage, location: str) -> str:
    """The device on which a storage is to lie; one that is not there is refused."""
    if isinstance(map_location, dict):
        location = map_location.get(location, location)
    elif callable(map_location):
        location = "cpu" if map_location(storage, location) is not None else location
    elif map_location is not None:
        location = str(map_location)
    kind = device(str(location)).type
    if kind == "cuda":
        raise RuntimeError(_NO_CUDA)
    if kind not in ("cpu", "meta"):
        raise RuntimeError(f"the file has tensors on {location!r}, which is not there. Pass map_location='cpu'.")
    return kind


def default_restore_location(storage: FileStorage, location: str) -> FileStorage:
    """What a `map_location` that is a function gives for a place: the storage itself, if the place is there.

    Args:
        storage: A storage that is being loaded.
        location: Where it shall lie, for example `cpu`.

    Raises:
        RuntimeError: On any other device.
    """
    _place(None, storage, location)
    return storage


@contextmanager
def _opened(f: Any) -> Generator[BinaryIO]:
    if archive.is_path(f):
        with open(f, "rb") as file:
            yield file
        return
    for needed in ("read", "seek", "tell"):
        if not hasattr(f, needed):
            raise AttributeError(
                f"'{type(f).__name__}' object has no attribute '{needed}'. You can only torch.load from a file that is "
                "seekable. Please pre-load the data into a buffer like io.BytesIO and try to load from it instead."
            )
    yield f


def _reader(file: BinaryIO, source: Any) -> archive.Reader:
    start = file.tell()
    head = file.read(len(_LEGACY_HEAD))
    file.seek(start)
    if not head.startswith(archive.MAGIC):
        name = repr(os.fspath(source)) if archive.is_path(source) else "the given file"
        if not head:
            raise EOFError(f"{name} is empty, or was read to its end. Call seek(0) before torch.load.")
        advice = _LEGACY_ADVICE if head == _LEGACY_HEAD else "Pass a file that torch.save wrote."
        raise pickle.UnpicklingError(_NO_ZIP.format(source=name, magic=archive.MAGIC, head=head[:4], advice=advice))
    return archive.Reader(file)
