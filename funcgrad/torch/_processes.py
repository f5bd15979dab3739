"""Memory that processes share: what one of them writes, the others see at their next look.

A region of memory has a file without a name. Who is to share it gets the file's descriptor, and it is freed when no
process has it any more, whatever they died of.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import weakref
from typing import Any

import numpy as np

from funcgrad.torch._sharing import SharedStorage, share
from funcgrad.torch._storage import Storage
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.trace import WITHOUT_DATA, Aval, array_of, constant, synchronize

ONLY_ON_CPU = "_share_fd_: only available on CPU"


class Region(mmap.mmap):
    """Memory of a file.

    Attributes:
        file: The file's descriptor.
    """

    file: int


class ProcessStorage(SharedStorage):
    """A storage whose memory is a region; for good, since nobody knows who has it."""

    __slots__ = ()

    def is_watched(self) -> bool:
        """Whether changes from outside are noticed: whatever the size."""
        return True

    def is_held(self) -> bool:
        """Whether the memory is shared: for good."""
        return True


_known: weakref.WeakValueDictionary[tuple[int, int], Storage] = weakref.WeakValueDictionary()
"""The storage that is on a region already, by the number of its file: what comes back is what was sent."""


def share_with_processes(storage: Storage) -> None:
    """Move a storage's values into memory that processes share; one that is there stays.

    Raises:
        RuntimeError: The storage has no data.
    """
    if isinstance(storage, ProcessStorage):
        return
    if storage.value.trace is WITHOUT_DATA:
        raise RuntimeError(ONLY_ON_CPU)
    value = storage.value
    file = _new_file()
    os.ftruncate(file, _size(value.aval))
    memory = _memory(file, value.aval)
    np.copyto(memory, array_of(value, "shared memory"))
    share(storage, memory, ProcessStorage)
    _known[_number(file)] = storage


def tensor_in(file: int, aval: Aval) -> Tensor:
    """A tensor on a region that another process made.

    Args:
        file: A descriptor of its file, which this takes over.
        aval: What lies there.
    """
    storage = _known.get(_number(file))
    if storage is not None and storage.aval is aval:
        os.close(file)
    else:
        memory = _memory(file, aval)
        _known[_number(file)] = storage = Storage(constant(memory.copy()))
        share(storage, memory, ProcessStorage)
    made = wrap(storage.value)
    made._storage = storage
    return made


def file_of(storage: Storage) -> int:
    """The descriptor of the file of a storage that is shared."""
    base: Any = storage.memory.base
    return base.file


def settle(x: Tensor) -> None:
    """Compute what is pending before a tensor's memory is looked at that is to be written to, if processes share it.

    What another process writes meanwhile would be lost: between the look and the write there should be little to do.
    """
    if type(x._storage) is ProcessStorage:
        synchronize("shared memory")


def _new_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("torch")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _size(aval: Aval) -> int:
    return max(aval.size * aval.dtype.itemsize, 1)  # there is no region of no bytes


def _memory(file: int, aval: Aval) -> np.ndarray:
    region = Region(file, _size(aval))
    region.file = file
    weakref.finalize(region, os.close, file).atexit = False
    return np.ndarray(aval.shape, aval.dtype, region)


def _number(file: int) -> tuple[int, int]:
    found = os.fstat(file)
    return found.st_dev, found.st_ino
