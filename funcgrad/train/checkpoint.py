"""Checkpoints: a state on disk, complete or not there.

One folder each, `arrays.npz` and `manifest.json`, with a checksum for every array and for the manifest. It is written
beside and renamed at the end, so that a process killed at any moment leaves the last complete one readable. Nothing is
unpickled.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.train.checkpoint_form import CheckpointError, check_forms, damaged, forms_of, is_key, key_like
from funcgrad.train.processes import first_does, of_first, put, whole

FORMAT, VERSION = "funcgrad checkpoint", 1
ARRAYS, MANIFEST, UNFINISHED = "arrays.npz", "manifest.json", ".unfinished-"


class Restored(NamedTuple):
    """What a checkpoint held."""

    steps: int  # batches that had been used
    state: Any
    info: dict[str, Any]


class Checkpoints:
    """A folder of checkpoints, named by the number of batches that had been used; one run writes to it.

    Of several processes, all call the same methods; the first one writes, and all have to see the folder.

    Args:
        folder: made at the first `save`.
        keep: how many of the newest stay.

    Raises:
        ValueError: if `keep` is below 1.

    Example:
        >>> import tempfile
        >>> checkpoints = Checkpoints(tempfile.mkdtemp())
        >>> checkpoints.save(3, {"w": jnp.ones(2)}, info={"epoch": 1})
        >>> restored = checkpoints.restore({"w": jnp.zeros(2)})
        >>> restored.steps, restored.state["w"].tolist(), restored.info
        (3, [1.0, 1.0], {'epoch': 1})
    """

    def __init__(self, folder: str | os.PathLike[str], *, keep: int = 3) -> None:
        if keep < 1:
            raise ValueError(f"keep is {keep}, expected at least 1 checkpoint that stays.")
        self.folder = Path(folder)
        self.keep = keep

    def steps(self) -> list[int]:
        """The checkpoints that are there, oldest first."""
        return sorted(int(path.name) for path in self.folder.glob("[0-9]*") if path.name.isdigit())

    def path(self, steps: int) -> Path:
        """The folder of one checkpoint."""
        return self.folder / f"{steps:010d}"

    def save(self, steps: int, state: Any, *, info: dict[str, Any] | None = None) -> None:
        """Write a checkpoint and remove those that are too old.

        Args:
            steps: how many batches have been used.
            state: any pytree of arrays; random keys too.
            info: what else to keep, as JSON.

        Raises:
            CheckpointError: if it cannot be written, if `info` is no JSON, or if there is one of these steps. Earlier
                ones are untouched, and the error holds the state.
        """
        arrays = [_to_numpy(leaf) for leaf in jax.tree.leaves(state)]  # in all processes: each may hold a part
        first_does(partial(self._write, steps, state, arrays, info or {}))

    def wait(self) -> None:
        """Return when all that was saved is on disk: at once, since `save` returns no earlier."""

    def _write(self, steps: int, state: Any, arrays: list[np.ndarray], info: dict[str, Any]) -> None:
        path = self.path(steps)
        if path.exists():
            raise CheckpointError(
                f"{path} is there already, expected new steps. Restore it and go on, or use another folder.", state
            )
        for leftover in self.folder.glob(f"{UNFINISHED}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        try:
            _write(self.folder / f"{UNFINISHED}{steps}", path, _manifest_of(steps, state, arrays, info), arrays)
        except OSError as error:
            raise CheckpointError(
                f"The checkpoint {path} could not be written: {error}. Earlier checkpoints are untouched: "
                f"{self.steps()}. Make room or name another folder, and run again. This error's `state` is the state.",
                state,
            ) from error
        self._remove_old()

    def restore(self, like: Any, steps: int | None = None) -> Restored | None:
        """Return the newest checkpoint, or that of `steps`; None if there is none.

        Args:
            like: a state of the same form, as `TrainState.create` makes it: it gives structure, shapes, dtypes and
                the devices to put the arrays on.
            steps: which checkpoint.

        Raises:
            CheckpointError: if it is damaged, or if its form is not that of `like`.
        """
        there = self.steps()
        newest = of_first(there[-1] if there else -1)
        if newest < 0:
            return None
        steps = newest if steps is None else steps
        if steps not in there:
            raise CheckpointError(
                f"{self.folder} has no checkpoint of step {steps}, only of {there}. All processes have to see it."
            )
        manifest = _manifest(self.path(steps))
        return Restored(steps, _read(self.path(steps), manifest, like), manifest["info"])

    def _remove_old(self) -> None:
        for steps in self.steps()[: -self.keep]:
            doomed = self.folder / f"{UNFINISHED}{steps}"
            self.path(steps).rename(doomed)  # gone at once, however long the removal takes
            shutil.rmtree(doomed, ignore_errors=True)


def _manifest_of(steps: int, state: Any, arrays: list[np.ndarray], info: dict[str, Any]) -> dict[str, Any]:
    leaves = [
        {**form, "sha256": _checksum(_storable(array))} for form, array in zip(forms_of(state), arrays, strict=True)
    ]
    manifest = {"format": FORMAT, "version": VERSION, "steps": steps, "info": info, "leaves": leaves}
    try:
        return {**manifest, "sha256": _seal(manifest)}
    except (TypeError, ValueError) as error:
        raise CheckpointError(
            f"The info of the checkpoint of step {steps} cannot be written: {error}. A callback's memory and `info` "
            "have to be JSON: numbers, texts, lists and dicts of Python, without arrays.",
            state,
        ) from error


def _write(beside: Path, path: Path, manifest: dict[str, Any], arrays: list[np.ndarray]) -> None:
    beside.mkdir(parents=True)
    try:
        with _synced(beside / ARRAYS) as file:
            np.savez(file, allow_pickle=False, **{str(index): _storable(array) for index, array in enumerate(arrays)})
        with _synced(beside / MANIFEST) as file:
            file.write(json.dumps(manifest, indent=1).encode())
        _sync(beside)
        beside.rename(path)
        _sync(path.parent)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


@contextlib.contextmanager
def _synced(path: Path) -> Any:
    with path.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((path / MANIFEST).read_text())
        if (manifest["format"], manifest["version"]) != (FORMAT, VERSION):
            raise CheckpointError(f"{path} has version {manifest['version']} of its format, expected {VERSION}.")
        if manifest.pop("sha256") != _seal(manifest):
            raise damaged(path, f"the checksum of {MANIFEST} is another")
        return manifest
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(path, error) from error


def _read(path: Path, manifest: dict[str, Any], like: Any) -> Any:
    leaves, structure = jax.tree.flatten(like)
    check_forms(path, [{key: entry[key] for key in ("path", "dtype", "shape")} for entry in manifest["leaves"]], like)
    try:
        with (path / ARRAYS).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            stored = [arrays[str(index)] for index in range(len(leaves))]
    except Exception as error:  # of many kinds, by which byte is another
        raise damaged(path, error) from error
    for entry, array in zip(manifest["leaves"], stored, strict=True):
        if _checksum(array) != entry["sha256"]:
            raise damaged(path, f"the checksum of {entry['path']} is another")
    triples = zip(manifest["leaves"], stored, leaves, strict=True)
    return structure.unflatten([_to_jax(*triple) for triple in triples])


def _seal(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest).encode()).hexdigest()


def _checksum(array: np.ndarray) -> str:
    return hashlib.sha256(array.tobytes()).hexdigest()


def _to_numpy(leaf: Any) -> np.ndarray:
    return whole(jax.random.key_data(leaf) if is_key(leaf) else leaf)


def _storable(array: np.ndarray) -> np.ndarray:
    # The format of NumPy's files knows NumPy's own dtypes only: bfloat16 and its like go in as bytes.
    return array if array.dtype.kind in "biufc" else np.frombuffer(array.tobytes(), np.uint8)


def _to_jax(entry: dict[str, Any], array: np.ndarray, like: Any) -> jax.Array:
    like = jnp.asarray(like)
    if is_key(like):
        return put(key_like(array, like), like.sharding)
    value = array if array.dtype == like.dtype else np.frombuffer(array.tobytes(), like.dtype)
    return put(value.reshape(entry["shape"]), like.sharding)
