"""Pictures for TensorBoard: from arrays and figures to PNG, and several of them in a grid."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np

_COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}
"""PNG's colour type by the number of channels: grey, grey and alpha, RGB, RGB and alpha."""


def png(picture: np.ndarray) -> bytes:
    """A picture as a PNG file.

    Args:
        picture: uint8 `[height, width, channels]`.
    """
    height, width, channels = picture.shape
    head = struct.pack(">IIBBBBB", width, height, 8, _COLOURS[channels], 0, 0, 0)
    rows = np.concatenate([np.zeros((height, 1), np.uint8), picture.reshape(height, -1)], 1)  # 0: rows as they are
    parts = {b"IHDR": head, b"IDAT": zlib.compress(rows.tobytes()), b"IEND": b""}
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts.items()
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def picture_of(array: np.ndarray, dimensions: str) -> np.ndarray:
    """The picture `[height, width, channels]` in an array.

    Args:
        array: uint8 from 0 to 255, or numbers from 0 to 1.
        dimensions: The array's, as in `CHW`; of `NCHW` the pictures stand in a grid.

    Raises:
        AssertionError: A dimension is named twice, or they are not as many as the array's.
    """
    if len(set(dimensions)) != len(dimensions):
        raise AssertionError(f"You can not use the same dimension shorthand twice. input_format: {dimensions}")
    if array.ndim != len(dimensions):
        raise AssertionError(
            "size of input tensor and input format are different. "
            f"tensor shape: {array.shape}, input_format: {dimensions}"
        )
    wanted = {2: "HW", 3: "HWC", 4: "NCHW"}[array.ndim]
    array = array.transpose([dimensions.upper().find(name) for name in wanted])
    if array.ndim == 4:
        array = grid(array, 8).transpose(1, 2, 0)
    if array.ndim == 2 or array.shape[2] == 1:
        array = np.repeat(array.reshape(*array.shape[:2], 1), 3, 2)
    scale = 1 if array.dtype == np.uint8 else 255
    return (array.astype(np.float32) * scale).clip(0, 255).astype(np.uint8)


def grid(pictures: np.ndarray, columns: int) -> np.ndarray:
    """Pictures `[n, 1 or 3, height, width]` beside and below each other, `[3, height, width]`.

    Raises:
        AssertionError: They have neither one channel nor three.
    """
    if pictures.shape[1] == 1:
        pictures = np.repeat(pictures, 3, 1)
    if pictures.ndim != 4 or pictures.shape[1] != 3:
        raise AssertionError("Input should be a 4D numpy array with 3 channels")
    count, _, height, width = pictures.shape
    columns = min(count, columns)
    rows = -(-count // columns)
    blank = np.zeros((rows * columns - count, 3, height, width), pictures.dtype)
    tiles = np.concatenate([pictures, blank]).reshape(rows, columns, 3, height, width)
    return tiles.transpose(2, 0, 3, 1, 4).reshape(3, rows * height, columns * width)


def drawn(figure: Any) -> np.ndarray:
    """A matplotlib figure as uint8 `[3, height, width]`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # whoever has a figure has matplotlib

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.moveaxis(np.asarray(canvas.buffer_rgba())[..., :3], 2, 0)
