"""Sharing memory with NumPy: what either side writes, the other sees.

A storage stays shared while somebody outside holds an array on its memory. NumPy does not tell when it writes, so
small arrays are compared at each look; of large ones NumPy's later changes are not seen.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from funcgrad.torch._storage import Storage
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import WITHOUT_DATA, Number, Value, array_of, constant, current

LARGEST = 2**16
"""Bytes of the largest array whose changes are noticed: comparing so many takes a few microseconds."""

_own: Any = vars(Storage)["value"]  # the slot itself, which `SharedStorage.value` hides


class SharedStorage(Storage):
    """A storage on whose memory NumPy arrays lie; `Storage.__class__` changes to this and back."""

    __slots__ = ()

    @property
    def value(self) -> Value:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The current value, with what NumPy has changed since the last look."""
        if self.is_watched():
            now = self.memory.tobytes()
            if now != self.seen:
                self.seen = now
                array = np.frombuffer(now, self.memory.dtype).reshape(self.memory.shape)
                _own.__set__(self, constant(array.copy()))
        if not self.is_held():
            self.__class__ = Storage  # pyright: ignore[reportAttributeAccessIssue]
            del self.memory, self.seen
        return _own.__get__(self)

    @value.setter
    def value(self, value: Value) -> None:
        _own.__set__(self, value)
        if value.array is None and current().refusal:
            return  # a trial: the value from before comes back
        if self.memory.flags.writeable:
            array = np.asarray(array_of(value, "numpy"))
            np.copyto(self.memory, array)
            # of what was written, not of what is there by now
            self.seen = array.tobytes() if self.is_watched() else b""

    def is_watched(self) -> bool:
        """Whether changes from outside are noticed."""
        return self.memory.nbytes <= LARGEST

    def is_held(self) -> bool:
        """Whether there is another reference to the memory: the two counted here are the slot and the argument."""
        if sys.getrefcount(self.memory) > 2:
            return True
        if self.memory.base is None:
            return False
        return not isinstance(self.memory.base, np.ndarray) or sys.getrefcount(self.memory.base) > 2


def shared_array(x: Tensor) -> np.ndarray:
    """The memory of a tensor as a NumPy array; read-only if it is so large that changes would not be noticed."""
    storage = x._storage
    if not isinstance(storage, SharedStorage) or not storage.is_held():
        share(storage, np.array(array_of(storage.value, "numpy")))
    assert isinstance(storage, SharedStorage)
    array = storage.memory
    for link in x._chain:
        array = link.op([array, *(Number(int, place) for place in link.places)], link.static)[link.number]
    if not storage.is_watched():
        array = array.view()
        array.flags.writeable = False
    return array


def address_of(storage: Storage) -> int:
    """Where the storage's values can be read, as they are now: the same place at each call; 0 if there are none."""
    if isinstance(storage, SharedStorage):
        return storage.memory.ctypes.data
    value = storage.value
    if value.trace is WITHOUT_DATA or not value.aval.size:
        return 0
    if value.array is None and value.trace is not None and value.trace.refusal:
        return id(storage)  # nothing is computed: only a name
    if not hasattr(storage, "readable"):
        storage.readable = np.empty(value.aval.shape, value.aval.dtype)
    np.copyto(storage.readable, array_of(value, "data_ptr"))
    return storage.readable.ctypes.data


def share(storage: Storage, memory: np.ndarray, kind: type[SharedStorage] = SharedStorage) -> None:
    """Make a storage share memory that holds its values already."""
    storage.memory = memory
    storage.__class__ = kind
    storage.seen = memory.tobytes() if kind.is_watched(storage) else b""  # pyright: ignore[reportArgumentType]
