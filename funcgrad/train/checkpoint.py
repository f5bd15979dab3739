"""Checkpoints: a state on disk, complete or not there.

One folder each, `arrays.npz` and `manifest.json` with a checksum for every array. It is written beside and renamed at
the end, so that a process killed at any moment leaves the last complete one readable. Nothing is unpickled.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.errors import FuncgradError

FORMAT, VERSION = "funcgrad checkpoint", 1
ARRAYS, MANIFEST, UNFINISHED = "arrays.npz", "manifest.json", ".unfinished-"


class CheckpointError(FuncgradError):
    """A checkpoint that cannot be written, or that is damaged or of another form than expected."""


class Restored(NamedTuple):
    """What a checkpoint held."""

    steps: int  # batches that had been used
    state: Any
    info: dict[str, Any]


class Checkpoints:
    """A folder of checkpoints, named by the number of batches that had been used; one process writes to it.

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
            CheckpointError: if it cannot be written, or if there is one of these steps. Earlier ones are untouched.
        """
        path = self.path(steps)
        if path.exists():
            raise CheckpointError(
                f"{path} is there already, expected a new number of steps. Restore it and go on, or use another folder."
            )
        for leftover in self.folder.glob(f"{UNFINISHED}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        try:
            _write(self.folder / f"{UNFINISHED}{steps}", path, steps, state, info or {})
        except OSError as error:
            raise CheckpointError(
                f"The checkpoint {path} could not be written: {error}. Earlier checkpoints are untouched: "
                f"{self.steps()}. Make room or name another folder, and run again."
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
        if not there:
            return None
        steps = there[-1] if steps is None else steps
        if steps not in there:
            raise CheckpointError(f"{self.folder} has no checkpoint of step {steps}, only of {there}.")
        manifest = _manifest(self.path(steps))
        return Restored(steps, _read(self.path(steps), manifest, like), manifest["info"])

    def _remove_old(self) -> None:
        for steps in self.steps()[: -self.keep]:
            doomed = self.folder / f"{UNFINISHED}{steps}"
            self.path(steps).rename(doomed)  # gone at once, however long the removal takes
            shutil.rmtree(doomed, ignore_errors=True)


def _write(beside: Path, path: Path, steps: int, state: Any, info: dict[str, Any]) -> None:
    leaves = [(jax.tree_util.keystr(where), leaf) for where, leaf in jax.tree_util.tree_leaves_with_path(state)]
    arrays: list[Any] = [_to_numpy(leaf) for _, leaf in leaves]
    entries = [_entry(where, leaf, array) for (where, leaf), array in zip(leaves, arrays, strict=True)]
    manifest = {"format": FORMAT, "version": VERSION, "steps": steps, "info": info, "leaves": entries}
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
        return manifest
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, error) from error


def _read(path: Path, manifest: dict[str, Any], like: Any) -> Any:
    leaves, structure = jax.tree_util.tree_flatten_with_path(like)
    expected = [_form(jax.tree_util.keystr(where), leaf) for where, leaf in leaves]
    found = [{key: entry[key] for key in ("path", "dtype", "shape")} for entry in manifest["leaves"]]
    if found != expected:
        raise CheckpointError(_other_form(path, found, expected))
    try:
        with (path / ARRAYS).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            stored = [arrays[str(index)] for index in range(len(leaves))]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise _damaged(path, error) from error
    for entry, array in zip(manifest["leaves"], stored, strict=True):
        if _checksum(array) != entry["sha256"]:
            raise _damaged(path, f"the checksum of {entry['path']} is another")
    triples = zip(manifest["leaves"], stored, (leaf for _, leaf in leaves), strict=True)
    return structure.unflatten([_to_jax(entry, array, leaf) for entry, array, leaf in triples])


def _form(where: str, leaf: Any) -> dict[str, Any]:
    leaf = jnp.asarray(leaf)
    return {"path": where, "dtype": str(leaf.dtype), "shape": list(leaf.shape)}


def _entry(where: str, leaf: Any, array: np.ndarray) -> dict[str, Any]:
    return {**_form(where, leaf), "sha256": _checksum(_storable(array))}


def _checksum(array: np.ndarray) -> str:
    return hashlib.sha256(array.tobytes()).hexdigest()


def _to_numpy(leaf: Any) -> np.ndarray:
    return np.asarray(jax.random.key_data(leaf) if _is_key(leaf) else leaf)


def _storable(array: np.ndarray) -> np.ndarray:
    # The format of NumPy's files knows NumPy's own dtypes only: bfloat16 and its like go in as bytes.
    return array if array.dtype.kind in "biufc" else np.frombuffer(array.tobytes(), np.uint8)


def _to_jax(entry: dict[str, Any], array: np.ndarray, like: Any) -> jax.Array:
    like = jnp.asarray(like)
    if _is_key(like):
        value: Any = jax.random.wrap_key_data(jnp.asarray(array), impl=str(jax.random.key_impl(like)))
    else:
        value = array if array.dtype == like.dtype else np.frombuffer(array.tobytes(), like.dtype)
        value = value.reshape(entry["shape"])
    return jax.device_put(value, like.sharding)


def _is_key(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _damaged(path: Path, reason: object) -> CheckpointError:
    return CheckpointError(
        f"The checkpoint {path} is damaged: {reason}. Remove this folder to go on from the one before it."
    )


def _other_form(path: Path, found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> str:
    differing = [(a, b) for a, b in zip(found, expected, strict=False) if a != b]
    what = "has {} where {} is expected".format(*differing[0]) if differing else "has another number of arrays"
    return (
        f"The checkpoint {path} {what} ({len(found)} arrays, expected {len(expected)}). "
        "Restore into a state of the same model, optimizer and options."
    )
