"""The projector's files: points, their labels and pictures as tables and PNG, and the list of all of them."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from funcgrad.torch.utils.tensorboard._pictures import grid, png
from funcgrad.torch.utils.tensorboard.summary import make_np


class Projector:
    """The embeddings of a writer."""

    def __init__(self) -> None:
        self._listed: list[str] = []

    def add(
        self, folder: str, tag: str, step: int, mat: Any, metadata: Any, header: list[str] | None, pictures: Any
    ) -> None:
        """Write points, and list them.

        Args:
            folder: The writer's.
            tag: The points' name.
            step: The step.
            mat: `[points, dimensions]`.
            metadata: Each point's label or labels; or None.
            header: What the labels are called, where a point has several.
            pictures: `[points, channels, height, width]`; or None.

        Raises:
            AssertionError: There are not as many labels or pictures as points, or `mat` is no matrix.
        """
        name = re.sub(r"[%/\\]", lambda found: f"%{ord(found[0]):02x}", tag)
        points, place = make_np(mat), f"{str(step).zfill(5)}/{name}"
        path = Path(folder, place)
        if path.is_dir():
            print("warning: Embedding dir exists, did you set global_step for add_embedding()?")
        path.mkdir(parents=True, exist_ok=True)
        lines = [f'tensor_name: "{tag}:{str(step).zfill(5)}"']
        if metadata is not None:
            if len(points) != len(metadata):
                raise AssertionError("#labels should equal with #data points")
            _write_table(path / "metadata.tsv", _labels(metadata, header))
            lines.append(f'metadata_path: "{place}/metadata.tsv"')
        if pictures is not None:
            if len(points) != len(pictures):
                raise AssertionError("#images should equal with #data points")
            array = make_np(pictures)
            (path / "sprite.png").write_bytes(png(_sprite(array)))
            height, width = array.shape[2:]
            size = f"    single_image_dim: {width}\n    single_image_dim: {height}\n"
            lines.append(f'sprite {{\n    image_path: "{place}/sprite.png"\n{size}  }}')
        lines.append(f'tensor_path: "{place}/tensors.tsv"')
        if points.ndim != 2:
            raise AssertionError("mat should be 2D, where mat.size(0) is the number of data points")
        _write_table(path / "tensors.tsv", points.tolist())
        self._listed.append("embeddings {\n" + "".join(f"  {line}\n" for line in lines) + "}\n")
        Path(folder, "projector_config.pbtxt").write_text("".join(self._listed), encoding="utf-8")


def _labels(metadata: Any, header: list[str] | None) -> list[list[Any]]:
    if not header:
        return [[label] for label in metadata]
    if len(header) != len(metadata[0]):
        raise AssertionError("len of header must be equal to the number of columns in metadata")
    return [header, *metadata]


def _write_table(path: Path, rows: Any) -> None:
    path.write_text("".join("\t".join(str(x) for x in row) + "\n" for row in rows), encoding="utf-8")


def _sprite(pictures: np.ndarray) -> np.ndarray:
    """All pictures in one square, filled with black."""
    shown = grid(pictures, math.ceil(len(pictures) ** 0.5)).transpose(1, 2, 0)
    square = np.zeros((shown.shape[1], shown.shape[1], 3))
    square[: shown.shape[0]] = shown
    return (square * 255).clip(0, 255).astype(np.uint8)
