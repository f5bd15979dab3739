"""TensorBoard's event files: framed records with checksums, each one a protocol buffer of the type Event.

Only what a summary writer needs is encoded: numbers of fields are those of TensorBoard's `event.proto`,
`summary.proto` and `tensor.proto`.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types
_STRING = 7  # tensor.proto's DT_STRING
_TEXT, _NUMBER = 1, 3  # the hparams plugin's DATA_TYPE_STRING and DATA_TYPE_FLOAT64
_SUCCESS = 1  # its STATUS_SUCCESS


def _crc_table() -> list[int]:
    table: list[int] = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_CRC_TABLE = _crc_table()


def masked_crc(data: bytes) -> int:
    """The checksum of a record: CRC-32C, rotated and shifted so that checksums of checksums are safe."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _CRC_TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _varint(number: int) -> bytes:
    number &= 2**64 - 1
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])


def _whole(field: int, number: int) -> bytes:
    return _varint(field << 3 | _VARINT) + _varint(number)


def _double(field: int, number: float) -> bytes:
    return _varint(field << 3 | _FIXED64) + struct.pack("<d", number)


def _single(field: int, number: float) -> bytes:
    return _varint(field << 3 | _FIXED32) + struct.pack("<f", number)


def _nested(field: int, data: bytes | str) -> bytes:
    data = data.encode() if isinstance(data, str) else data
    return _varint(field << 3 | _BYTES) + _varint(len(data)) + data


def _doubles(field: int, numbers: Iterable[float]) -> bytes:
    return _nested(field, b"".join(struct.pack("<d", number) for number in numbers))


def scalar(tag: str, number: float) -> bytes:
    """A summary value: one number."""
    return _nested(1, tag) + _single(2, number)


def text(tag: str, words: str) -> bytes:
    """A summary value: a text, read as Markdown."""
    metadata = _nested(1, _nested(1, "text"))
    tensor = _whole(1, _STRING) + _nested(2, _nested(2, _whole(1, 1))) + _nested(8, words)
    return _nested(1, f"{tag}/text_summary") + _nested(9, metadata) + _nested(8, tensor)


def histogram(tag: str, values: np.ndarray, bins: int) -> bytes:
    """A summary value: how many values lie in each of equal bins."""
    values = values.astype(np.float64).reshape(-1)
    counts, edges = np.histogram(values, bins)
    limits = (values.min(), values.max(), values.size, values.sum(), values @ values)
    numbers = b"".join(_double(field, float(x)) for field, x in enumerate(limits, 1))
    return _nested(1, tag) + _nested(5, numbers + _doubles(6, edges[1:]) + _doubles(7, counts))


def hyperparameters(given: dict[str, str | float], metrics: Iterable[str]) -> list[bytes]:
    """Summary values: that there is an experiment with these names, one run's settings, and that the run has ended."""
    infos = [
        _nested(4, _nested(1, name) + _whole(4, _TEXT if isinstance(x, str) else _NUMBER)) for name, x in given.items()
    ]
    names = [_nested(5, _nested(1, _nested(2, name))) for name in metrics]
    settings = [_nested(1, _nested(1, name) + _nested(2, _setting(x))) for name, x in given.items()]
    parts = {
        "experiment": _nested(2, b"".join([*infos, *names])),
        "session_start_info": _nested(3, b"".join(settings)),
        "session_end_info": _nested(4, _whole(1, _SUCCESS)),
    }
    return [
        _nested(1, f"_hparams_/{part}") + _nested(9, _nested(1, _nested(1, "hparams") + _nested(2, content)))
        for part, content in parts.items()
    ]


def _setting(value: str | float) -> bytes:
    return _nested(3, value) if isinstance(value, str) else _double(2, value)


class EventFile:
    """A file that grows by events.

    Args:
        path: Where; its folder exists.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")
        self._write(_nested(3, "brain.Event:2"), None, None)

    def add(self, value: bytes, step: int | None, walltime: float | None) -> None:
        """Write a summary value.

        Args:
            value: From `scalar`, `text` or `histogram`.
            step: At which step of the training.
            walltime: At which time, in seconds since 1970; now if None.
        """
        self._write(_nested(5, _nested(1, value)), step, walltime)

    def _write(self, content: bytes, step: int | None, walltime: float | None) -> None:
        event = _double(1, time.time() if walltime is None else walltime) + _whole(2, int(step or 0)) + content
        head = struct.pack("<Q", len(event))
        checks = (struct.pack("<I", masked_crc(part)) for part in (head, event))
        self._file.write(head + next(checks) + event + next(checks))

    def flush(self) -> None:
        """Hand everything to the operating system."""
        self._file.flush()

    def close(self) -> None:
        """Write no more."""
        self._file.close()
