"""Persistence: compiled programs and inferred shapes outlive the process, in the folder where JAX keeps programs.

JAX finds a program again by its lowered form, for which every operator must be traced anew; a trace's own fingerprint
takes a few milliseconds.
"""

from __future__ import annotations

import functools
import json
import os
import pickle
import tempfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.serialize_executable import deserialize_and_load, serialize
from jax.stages import Compiled

LARGEST = 1 << 24
"""Bytes of a journal that is begun anew."""


def folder() -> Path | None:
    """Where JAX keeps programs; None if it does not."""
    config: Any = jax.config
    if not config.jax_enable_compilation_cache or not config.jax_compilation_cache_dir or jax.process_count() > 1:
        return None
    return Path(config.jax_compilation_cache_dir)


def persistent(run: Any, file: Path) -> Callable[..., Any]:
    """A jitted function, loaded instead of compiled if an earlier process has kept it.

    Args:
        run: The jitted function, always called with arrays of the same shapes and dtypes. Its name is its own among
            JAX's files, too.
        file: Where it is kept.
    """
    program: Callable[..., Any] | None = None

    def run_kept(*arguments: Any) -> Any:
        nonlocal program
        if program is None:
            program = _program(run, file, arguments)
        try:
            return program(*arguments)
        except (TypeError, ValueError):  # not the first device's arrays, for which it was compiled
            return run(*arguments)

    return run_kept


def _program(run: Any, file: Path, arguments: tuple[Any, ...]) -> Callable[..., Any]:
    if not _on_first_device(jax.tree.leaves(arguments)):
        return run
    program = _load(file)
    if program is None:
        hits = found.by_jax
        program = run.lower(*arguments).compile()
        if found.by_jax == hits:  # XLA cannot write again what it has read, as it says only when that is run
            _store(file, program)
    return program


@dataclass
class _Found:
    """How many programs were found in files so far."""

    by_jax: int = 0
    by_name: int = 0


found = _Found()


def _note(event: str, **_: Any) -> None:
    found.by_jax += event == "/jax/compilation_cache/cache_hits"


jax.monitoring.register_event_listener(_note)


def _on_first_device(arrays: Sequence[Any]) -> bool:
    """Whether the arrays lie on the device that a fingerprint names; host arrays go there."""
    first = {jax.devices()[0]}
    return all(x.sharding.device_set == first for x in arrays if isinstance(x, jax.Array))


def _load(file: Path) -> Compiled | None:
    """The program that was kept in `file`; None if there is none that can be read here."""
    try:
        contents = zlib.decompress(file.read_bytes())
        program = deserialize_and_load(*pickle.loads(contents), execution_devices=jax.devices()[:1])
        if b"lapack_" in contents:
            _find_lapack()
    except Exception:  # no file, half a file, another machine's: it is compiled
        return None
    found.by_name += 1
    return program


@functools.cache
def _find_lapack() -> None:
    """Have JAX look for LAPACK, as it does when it lowers a factorization: a loaded program calls it all the same."""
    jax.jit(jnp.linalg.cholesky).lower(jax.ShapeDtypeStruct((1, 1), np.float32))


def _store(file: Path, program: Compiled) -> None:
    """Keep a program in `file`, if that is possible."""
    with suppress(Exception):  # a program that calls back into Python, a full disk
        contents = zlib.compress(pickle.dumps(serialize(program)), 1)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as new:
            new.write(contents)
        os.replace(new.name, file)  # a reader sees the whole file or none


class Journal(dict[str, Any]):
    """A dictionary of what JSON can tell that is read from a file, and appends to it what is added."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        try:
            lines = file.read_text().splitlines() if file.stat().st_size < LARGEST else []
            self.update(json.loads(f"[{','.join(lines)}]"))
        except (OSError, ValueError):  # none yet, or half a line
            lines = []
        if not lines:
            with suppress(OSError):
                file.unlink()

    def __setitem__(self, name: str, entry: Any) -> None:
        super().__setitem__(name, entry)
        with suppress(OSError), self._file.open("a") as file:
            file.write(f"{json.dumps((name, entry))}\n")  # one write: two processes do not mix their lines
