"""torch.hub: weights from the internet, kept in a folder of the user; models from there are not run.

A file that is in the folder already is not fetched again.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import sys
from typing import Any
from urllib.parse import urlparse

from funcgrad.torch import serialization
from funcgrad.torch._absent import absent as _absent
from funcgrad.torch._serialization.archive import replacing

HASH_REGEX = re.compile(r"-([a-f0-9]*)\.")
_folder: list[str] = []


def get_dir() -> str:
    """The folder of downloads: what `set_dir` was given, else `hub` in `$TORCH_HOME`."""
    return _folder[-1] if _folder else os.path.join(_get_torch_home(), "hub")


def set_dir(d: str | os.PathLike[str]) -> None:
    """Take another folder."""
    _folder.append(os.path.expanduser(d))


def _get_torch_home() -> str:
    cache = os.getenv("XDG_CACHE_HOME", "~/.cache")
    return os.path.expanduser(os.getenv("TORCH_HOME", os.path.join(cache, "torch")))


def download_url_to_file(url: str, dst: str, hash_prefix: str | None = None, progress: bool = True) -> None:
    """Fetch a file.

    Args:
        url: Where it is.
        dst: Where it shall be.
        hash_prefix: The first digits of its SHA-256.
        progress: Without effect.

    Raises:
        RuntimeError: Its SHA-256 is another.
    """
    from urllib.request import Request, urlopen  # 25 ms, which no start of a script should pay

    digest = hashlib.sha256()
    with urlopen(Request(url, headers={"User-Agent": "torch.hub"})) as source, replacing(dst) as file:
        while block := source.read(2**20):
            digest.update(block)
            file.write(block)
        if hash_prefix is not None and not digest.hexdigest().startswith(hash_prefix):
            raise RuntimeError(f'invalid hash value (expected "{hash_prefix}", got "{digest.hexdigest()}")')


def load_state_dict_from_url(
    url: str,
    model_dir: str | None = None,
    map_location: Any = None,
    progress: bool = True,
    check_hash: bool = False,
    file_name: str | None = None,
    weights_only: bool = False,
) -> Any:
    """What is in a checkpoint on the internet, fetched unless it is in the folder.

    Args:
        url: Where it is.
        model_dir: The folder; by default `checkpoints` in `get_dir()`.
        map_location: As for `torch.load`.
        progress: Without effect.
        check_hash: Whether the file's name ends with the first digits of its SHA-256, which are compared.
        file_name: Its name in the folder; by default the last part of the address.
        weights_only: As for `torch.load`.
    """
    folder = model_dir or os.path.join(get_dir(), "checkpoints")
    os.makedirs(folder, exist_ok=True)
    name = file_name or os.path.basename(urlparse(url).path)
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        sys.stderr.write(f'Downloading: "{url}" to {path}\n')
        found = HASH_REGEX.search(name) if check_hash else None
        download_url_to_file(url, path, found and found.group(1), progress)
    return serialization.load(path, map_location=map_location, weights_only=weights_only)


class _NoBar:
    """A progress bar that shows nothing, where tqdm is not installed."""

    def __init__(self, iterable: Any = None, **options: Any) -> None:
        self._iterable = iterable

    def __iter__(self) -> Any:
        return iter(self._iterable)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None: ...

    def update(self, n: int = 1) -> None:
        """Count on."""

    def set_postfix(self, *values: Any, **named: Any) -> None:
        """Say how it goes."""

    def set_description(self, desc: str) -> None:
        """Say what it is."""


_missing = _absent(
    __name__,
    "Download the weights yourself, build the model in the script, and call load_state_dict(torch.load(path)).",
)


def __getattr__(name: str) -> Any:
    """`tqdm`, which scripts import from here; other names are missing."""
    if name != "tqdm":
        return _missing(name)
    try:
        return importlib.import_module("tqdm").tqdm
    except ImportError:
        return _NoBar
