"""Persistence: compiled programs and inferred shapes outlive the process, in the folder where JAX keeps programs.

JAX finds a program again by its lowered form, for which every operator must be traced anew; a trace's own fingerprint
takes a few milliseconds.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import pickle
import tempfile
import zlib
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.serialize_executable import deserialize_and_load, serialize
from jax.stages import Compiled

from funcgrad.memory import return_freed_memory
from funcgrad.trace.forking import note_program
from funcgrad.trace.misreading import compiled

LARGEST = 1 << 24
"""Bytes of a journal that is begun anew."""


def folder() -> Path | None:
    """Where JAX keeps programs; None if it does not."""
    config: Any = jax.config
    if not config.jax_enable_compilation_cache or not config.jax_compilation_cache_dir or jax.process_count() > 1:
        return None
    return Path(config.jax_compilation_cache_dir)


class Loadable:
    """A jitted function, loaded instead of compiled if an earlier process has kept it.

    Attributes:
        was_loaded: Whether it was; False as long as it is neither.

    Args:
        run: The jitted function, always called with arrays of the same shapes and dtypes. Its name is its own among
            JAX's files, too.
        file: Where it is kept; None if it is not.
    """

    def __init__(self, run: Any, file: Path | None) -> None:
        self._run = run
        self._file = file
        self._program: Callable[..., Any] | None = None
        self.was_loaded = False

    def __call__(self, *arguments: Any) -> Any:
        """The function's results."""
        if self._program is None:
            with _collector_paused():
                self.prepare(*arguments)
        assert self._program is not None
        try:
            return self._program(*arguments)
        except (TypeError, ValueError):  # not the first device's arrays, for which it was compiled
            return self._run(*arguments)

    def prepare(self, *arguments: Any) -> None:
        """Load or compile the function for such arguments: arrays, or their shapes and dtypes."""
        with jax.enable_x64(True):
            self._program = self._found(arguments)

    def _found(self, arguments: tuple[Any, ...]) -> Callable[..., Any]:
        if not _on_first_device(jax.tree.leaves(arguments)):
            return self._run
        program = None if self._file is None else _load(self._file)
        self.was_loaded = program is not None
        if program is None:
            hits = _hits
            program = compiled(self._run.lower(*arguments))
            return_freed_memory()  # LLVM takes a megabyte for each kernel, and leaves holes too small for buffers
            if self._file is not None and _hits == hits:  # XLA cannot write again what it has read, and does not say so
                _store(self._file, program)
        return program


@contextmanager
def _collector_paused() -> Generator[None]:
    """No search for cycles while JAX compiles: it makes and keeps so many objects that all are walked many times."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


_hits = 0
"""How many programs JAX has found in files of its own so far."""


def _note(event: str, **_: Any) -> None:
    global _hits
    _hits += event == "/jax/compilation_cache/cache_hits"


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
        note_program()
        if b"lapack_" in contents:
            _find_lapack()
    except Exception:  # no file, half a file, another machine's: it is compiled
        return None
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
