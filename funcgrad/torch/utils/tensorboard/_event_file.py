"""TensorBoard's event files: framed records with checksums, each one a protocol buffer of the type Event.

Numbers of fields are those of TensorBoard's `event.proto`.
"""

from __future__ import annotations

import struct
import time
from pathlib import Path

from funcgrad.torch.utils.tensorboard._messages import double, nested, whole
from funcgrad.torch.utils.tensorboard.summary import Summary


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


class EventFile:
    """A file that grows by events.

    Args:
        path: Where; its folder exists.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab")
        self._write(nested(3, "brain.Event:2"), None, None)

    def add_summary(self, summary: Summary, global_step: int | None = None, walltime: float | None = None) -> None:
        """Write a summary.

        Args:
            summary: From a function of `torch.utils.tensorboard.summary`.
            global_step: At which step of the training.
            walltime: At which time, in seconds since 1970; now if None.
        """
        self._write(nested(5, summary.SerializeToString()), global_step, walltime)
        self.flush()

    def add_graph(self, graph: bytes, walltime: float | None = None) -> None:
        """Write a model's graph, a GraphDef."""
        self._write(nested(4, graph), None, walltime)
        self.flush()

    def _write(self, content: bytes, step: int | None, walltime: float | None) -> None:
        event = double(1, time.time() if walltime is None else walltime) + whole(2, int(step or 0)) + content
        head = struct.pack("<Q", len(event))
        checks = (struct.pack("<I", masked_crc(part)) for part in (head, event))
        self._file.write(head + next(checks) + event + next(checks))

    def get_logdir(self) -> str:
        """The folder."""
        return str(self._path.parent)

    def flush(self) -> None:
        """Hand everything to the operating system."""
        self._file.flush()

    def close(self) -> None:
        """Write no more."""
        self._file.close()
