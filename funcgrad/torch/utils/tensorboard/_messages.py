"""Protocol buffers, as far as TensorBoard's files need them: a message is its fields' bytes, one after the other."""

from __future__ import annotations

import struct
from collections.abc import Iterable

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types


def _varint(number: int) -> bytes:
    number &= 2**64 - 1
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])


def whole(field: int, number: int) -> bytes:
    """A field with a whole number."""
    return _varint(field << 3 | _VARINT) + _varint(number)


def double(field: int, number: float) -> bytes:
    """A field with a number of 64 bits."""
    return _varint(field << 3 | _FIXED64) + struct.pack("<d", number)


def single(field: int, number: float) -> bytes:
    """A field with a number of 32 bits."""
    return _varint(field << 3 | _FIXED32) + struct.pack("<f", number)


def doubles(field: int, numbers: Iterable[float]) -> bytes:
    """A field with several numbers of 64 bits."""
    return nested(field, b"".join(struct.pack("<d", number) for number in numbers))


def singles(field: int, numbers: Iterable[float]) -> bytes:
    """A field with several numbers of 32 bits."""
    return nested(field, b"".join(struct.pack("<f", number) for number in numbers))


def nested(field: int, data: bytes | str) -> bytes:
    """A field with a text, bytes, or another message."""
    data = data.encode() if isinstance(data, str) else data
    return _varint(field << 3 | _BYTES) + _varint(len(data)) + data
