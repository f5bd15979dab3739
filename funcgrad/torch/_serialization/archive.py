"""Archive: PyTorch's checkpoint file, a zip of uncompressed records under one folder.

A reader gives out no more bytes than the file has, so a small file cannot fill the memory.
"""

from __future__ import annotations

import os
import shutil
import sys
import zipfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any, BinaryIO

MAGIC = b"PK\x03\x04"
_ALIGNMENT = 64  # of a record's first byte, so that PyTorch can map the file into memory
_HEADER = 30  # bytes of a record's header before its name
_DAMAGED = (
    "PytorchStreamReader failed reading zip archive: {problem}. The file is cut short or damaged; load another copy, "
    "or save the checkpoint again."
)


class Reader:
    """The records of a checkpoint.

    Args:
        file: An open file that can seek.

    Raises:
        RuntimeError: It is no readable archive.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._allowance = file.seek(0, os.SEEK_END)
        try:
            self._zip = zipfile.ZipFile(file)
            names = self._zip.namelist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
            raise damaged(f"failed finding central directory ({error})") from error
        if not names:
            raise damaged("the archive is empty")
        self._folder = names[0].partition("/")[0]
        self._names = frozenset(names)

    def has(self, name: str) -> bool:
        """Whether there is a record of this name."""
        return f"{self._folder}/{name}" in self._names

    def read(self, name: str) -> bytes:
        """A record's bytes.

        Raises:
            RuntimeError: The record is missing, compressed, damaged, or more than the file can hold.
        """
        if not self.has(name):
            raise damaged(f"file not found: {self._folder}/{name}")
        entry = self._zip.getinfo(f"{self._folder}/{name}")
        if entry.compress_type != zipfile.ZIP_STORED:
            raise damaged(f"record {name} is compressed, and PyTorch writes none that is")
        self._allowance -= entry.file_size
        if self._allowance < 0:
            raise damaged(f"record {name} claims {entry.file_size} bytes, more than the file has left")
        try:
            return self._zip.read(entry)
        except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
            raise damaged(f"record {name} cannot be read ({error})") from error


def damaged(problem: str) -> RuntimeError:
    """The error for a file that is no whole checkpoint."""
    return RuntimeError(_DAMAGED.format(problem=problem))


def write(file: BinaryIO, folder: str, pickled: bytes, storages: Iterable[memoryview]) -> None:
    """Write a checkpoint.

    Args:
        file: Where to.
        folder: The folder of the records.
        pickled: The object, storages left out.
        storages: Their bytes, in the order of their keys.
    """
    records: list[tuple[str, bytes | memoryview]] = [
        ("data.pkl", pickled),
        (".format_version", b"1"),
        (".storage_alignment", str(_ALIGNMENT).encode()),
        ("byteorder", sys.byteorder.encode()),
        *((f"data/{key}", data) for key, data in enumerate(storages)),
        ("version", b"3\n"),
    ]
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in records:
            entry = zipfile.ZipInfo(f"{folder}/{name}")
            start = file.tell() + _HEADER + len(entry.filename.encode()) + len(_padding(0))
            entry.extra = _padding(-start % _ALIGNMENT)
            archive.writestr(entry, data)  # pyright: ignore[reportArgumentType]


def _padding(length: int) -> bytes:
    """A zip extra field with this many bytes of content."""
    return b"FB" + length.to_bytes(2, "little") + bytes(length)


@contextmanager
def replacing(path: str) -> Generator[BinaryIO]:
    """A file to write that takes the place of `path` when it is whole; a failure leaves what was there.

    Raises:
        RuntimeError: The folder does not exist.
        OSError: The file cannot be written.
    """
    path = os.path.realpath(path)
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise RuntimeError(f"Parent directory {folder} does not exist. Create it first.")
    if (os.path.exists(path) and not os.path.isfile(path)) or not os.access(folder, os.W_OK):
        with open(path, "wb") as file:  # a device, a pipe, or a file in a folder of somebody else
            yield file
        return
    partial = f"{path}.{os.getpid()}.partial"
    try:
        with open(partial, "wb") as file:
            yield file
        if os.path.exists(path):
            shutil.copymode(path, partial)
        os.replace(partial, path)
    except BaseException:
        if os.path.exists(partial):
            os.remove(partial)
        raise


def is_path(f: Any) -> bool:
    """Whether `f` names a file."""
    return isinstance(f, str | os.PathLike)
