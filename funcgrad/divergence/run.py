"""A recorded run, as its file gives it: `recorder.py` says what is in it.

Nothing of a file is believed: what does not fit the format is a `RunError` that names the file.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from funcgrad.divergence.recorder import FORMAT, VERSION
from funcgrad.errors import FuncgradError

LARGEST_FILE = 1 << 31
"""Bytes that the arrays of a file may take."""

NUMBERS = "biufc"
"""Kinds of NumPy's dtypes that a file may hold."""


class RunError(FuncgradError):
    """A file that is no recorded run, or a run that came to nothing."""


class Key(NamedTuple):
    """What a quantity is."""

    step: int  # 0: before the first update
    kind: str  # "input.0.1", "output", "loss.0", "buffer", "sum.0", "sum", "grad", "state.exp_avg", "param"
    name: str = ""  # of the parameter, buffer or module

    @property
    def family(self) -> str:
        """The first word of the kind."""
        return self.kind.partition(".")[0]


class Quantity(NamedTuple):
    """A recorded array."""

    values: np.ndarray  # flat, every `stride`-th element
    shape: tuple[int, ...]  # of the whole
    dtype: str  # of the whole, as in "bfloat16"
    stride: int
    norm: float  # of the whole, Euclidean

    def thinned(self, stride: int) -> np.ndarray:
        """Every `stride`-th element, a multiple of the own stride."""
        return self.values[:: stride // self.stride]

    def array(self) -> np.ndarray:
        """In float64, in its shape if it is whole."""
        wide = self.values.astype(np.complex128 if self.values.dtype.kind == "c" else np.float64)
        return wide.reshape(self.shape) if self.stride == 1 else wide


@dataclass(frozen=True)
class Step:
    """One update."""

    optimizer: str  # its class
    backwards: int  # backward passes since the last update
    options: dict[str, dict[str, float | bool]]  # by parameter


@dataclass(frozen=True)
class Run:
    """A recorded run."""

    path: str
    library: str
    modules: dict[str, dict[str, Any]]  # class and settings of each
    steps: tuple[Step, ...]
    quantities: dict[Key, Quantity]

    def get(self, step: int, kind: str, name: str = "") -> Quantity | None:
        """A quantity, or None."""
        return self.quantities.get(Key(step, kind, name))

    def before(self, step: int, kind: str, name: str) -> Quantity | None:
        """A quantity as it was before a step: of the last one that has told it."""
        found = (self.get(earlier, kind, name) for earlier in range(step - 1, -1, -1))
        return next((quantity for quantity in found if quantity is not None), None)

    def names(self, step: int, kind: str) -> list[str]:
        """The names of the quantities of a kind, in their order."""
        return [key.name for key in self.quantities if key.step == step and key.kind == kind]

    def kinds(self, step: int, family: str) -> list[str]:
        """The kinds of a family in a step, in their order."""
        return list(dict.fromkeys(key.kind for key in self.quantities if key.step == step and key.family == family))

    def parameters(self) -> list[str]:
        """The names of all parameters."""
        return list(dict.fromkeys(key.name for key in self.quantities if key.step == 0 and key.kind == "param"))

    def called(self, path: str) -> Run:
        """The same run under another name."""
        return replace(self, path=path)

    def with_quantities(self, quantities: dict[Key, Quantity], steps: tuple[Step, ...]) -> Run:
        """The same run, told otherwise."""
        return replace(self, quantities=quantities, steps=steps)


def load(path: str) -> Run:
    """Read a recorded run.

    Raises:
        RunError: The file cannot be read, is damaged, or has another format or version.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(path, archive)
    except OSError as error:
        raise RunError(f"cannot read {path!r}: {error.strerror}; expected a recorded run") from None
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise RunError(
            f"{path!r} is damaged or no recorded run ({error}); expected a file that record_run.py has written"
        ) from None


def _read(path: str, archive: zipfile.ZipFile) -> Run:
    if sum(info.file_size for info in archive.infolist()) > LARGEST_FILE:
        raise RunError(f"{path!r} holds more than {LARGEST_FILE >> 30} GiB; record fewer steps or fewer megabytes")
    index = _index(path, archive)
    try:
        quantities = _with_last_sums(dict(_quantities(path, archive, index["arrays"])))
        steps = tuple(_step(entry) for entry in index["steps"])
        run = Run(path, str(index["library"]), dict(index["modules"]), steps, quantities)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(f"{path!r} is damaged: its list does not fit ({error!r}); record the run again") from None
    if not steps:
        raise RunError(f"{path!r} holds no update; expected at least one call of optimizer.step()")
    return run


def _index(path: str, archive: zipfile.ZipFile) -> dict[str, Any]:
    if "run.json" not in archive.namelist():
        raise RunError(f"{path!r} is no recorded run: it has no run.json; expected a file of record_run.py")
    try:
        index = json.loads(archive.read("run.json"))
    except ValueError:
        raise RunError(f"{path!r} is damaged: its run.json is not JSON; record the run again") from None
    if not isinstance(index, dict) or index.get("format") != FORMAT:
        raise RunError(f"{path!r} is no recorded run: its run.json is of another program")
    if index.get("version") != VERSION:
        raise RunError(
            f"{path!r} has version {index.get('version')!r} of the format, expected {VERSION}; record the run again "
            "with the file that `funcgrad compare --recorder` prints"
        )
    return index


def _quantities(path: str, archive: zipfile.ZipFile, listed: dict[str, Any]) -> Iterator[tuple[Key, Quantity]]:
    members = set(archive.namelist())
    for text, entry in listed.items():
        step, kind, *name = text.split("/", 2)
        if f"{text}.npy" not in members:
            raise RunError(f"{path!r} is damaged: {text!r} is listed but not there; record the run again")
        shape, stride = tuple(int(n) for n in entry["shape"]), int(entry["stride"])
        if min([stride, *shape]) < 0 or stride.bit_count() != 1:
            raise ValueError(f"{text}: shape {shape}, stride {stride}")
        values = np.lib.format.read_array(io.BytesIO(archive.read(f"{text}.npy")), allow_pickle=False)
        size = -(-math.prod(shape) // stride)
        if values.shape != (size,) or values.dtype.kind not in NUMBERS:
            raise RunError(
                f"{path!r} is damaged: {text!r} is {values.dtype} of shape {values.shape}, expected {size} numbers; "
                "record the run again"
            )
        norm = float(entry.get("norm", np.linalg.norm(values.astype(np.complex128))))
        yield Key(int(step), kind, *name), Quantity(values, shape, str(entry["dtype"]), stride, norm)


def _with_last_sums(quantities: dict[Key, Quantity]) -> dict[Key, Quantity]:
    """With the gradients that the last backward pass of a step left, of the kind "sum", beside "sum.0" and so on."""
    last = {k._replace(kind="sum"): q for k, q in quantities.items() if k.family == "sum"}
    return {**quantities, **last}


def _step(entry: dict[str, Any]) -> Step:
    options = {str(name): dict(group["options"]) for group in entry["groups"] for name in group["parameters"]}
    return Step(str(entry["class"]), int(entry["backwards"]), options)
