"""The commands' program cache: compiled programs outlive the process, so that a second run starts at once.

Only the commands use it: a library does not change the configuration of JAX.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import jax

from funcgrad.trace.fingerprint import processor

VARIABLE = "FUNCGRAD_CACHE"
"""Environment variable that names another folder; if it is set and empty, nothing is kept."""


def keep_programs() -> None:
    """Keep compiled programs in the user's cache folder, unless the user has chosen otherwise.

    A folder that cannot be made, for example in a read-only home, means that nothing is kept.
    """
    chosen = os.environ.get(VARIABLE)
    if chosen == "" or getattr(jax.config, "jax_compilation_cache_dir", None):
        return
    folder = (Path(chosen) if chosen else _users_folder()) / processor()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def _users_folder() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "funcgrad"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "funcgrad" / "Cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "funcgrad"
