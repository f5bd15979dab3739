"""Running: what a script can see is as with `python script.py`, except that `torch` is the face."""

from __future__ import annotations

import builtins
import importlib.util
import os
import runpy
import sys
from collections.abc import Iterable, Sequence
from contextlib import chdir
from importlib.machinery import SourceFileLoader
from types import ModuleType

from funcgrad.launch import notebook
from funcgrad.launch.error import LaunchError, PartsError
from funcgrad.launch.imports import own_imports


def run_script(path: str, args: Sequence[str] = ()) -> None:
    """Runs a Python file as `python path args` does, with `import torch` giving `funcgrad.torch`.

    A notebook runs from top to bottom in its own folder, as Jupyter does it, up to the first error. The value of a
    cell's last expression is printed; packages are not installed.

    Args:
        path: The script, or a notebook (`.ipynb`).
        args: The script's own arguments.

    Raises:
        LaunchError: If the path is not a readable Python file or notebook.
        BaseException: What the script raises, `SystemExit` included.
    """
    if path.lower().endswith(".ipynb"):
        _run_notebook(path, args)
    else:
        run_parts([_read(path)], path, args)


def run_parts(parts: Iterable[bytes | str], path: str, args: Sequence[str] = ()) -> None:
    """Runs pieces of source one after the other, as if they were the script that `path` names.

    Args:
        parts: Python source; one that fails does not keep the next from running.
        path: What tracebacks and `__file__` say.
        args: The script's own arguments.

    Raises:
        Exception: What a part raised, after all have had their turn.
        PartsError: Where several parts raised something.
        BaseException: `SystemExit` and its like, at once.
    """
    errors: list[Exception] = []
    with own_imports(argv=[path, *args], folder=_folder(path)):
        main = _main_module()
        main.__file__, main.__loader__ = os.path.abspath(path), SourceFileLoader("__main__", os.path.abspath(path))
        for source in parts:
            try:
                exec(compile(source, str(main.__file__), "exec", dont_inherit=True), vars(main))
            except Exception as error:
                errors.append(error)
        if len(errors) > 1:
            raise PartsError("several parts failed", errors)
        if errors:
            raise errors[0]


def run_module(name: str, args: Sequence[str] = ()) -> None:
    """Runs a module as `python -m name args` does, with `import torch` giving `funcgrad.torch`.

    Args:
        name: The module's dotted name, found from the working directory; a package needs a `__main__`.
        args: The module's own arguments.

    Raises:
        LaunchError: If there is no such module.
        BaseException: What the module raises, `SystemExit` included.
    """
    with own_imports(argv=[name, *args], folder=os.getcwd()):
        if not all(part.isidentifier() for part in name.split(".")) or not _exists(name):
            raise LaunchError(f"no module named {name!r} that can be run; expected a name as for python -m")
        runpy.run_module(name, run_name="__main__", alter_sys=True)


def _run_notebook(path: str, args: Sequence[str]) -> None:
    cells = notebook.read(path)
    with own_imports(argv=[path, *args], folder=_folder(path)), chdir(_folder(path)):
        notebook.run(cells, vars(_main_module()))


def _folder(path: str) -> str:
    return os.path.dirname(os.path.realpath(path))


def _main_module() -> ModuleType:
    main = sys.modules["__main__"] = ModuleType("__main__")
    vars(main).update(__builtins__=builtins, __cached__=None, __annotations__={})
    return main


def _read(path: str) -> bytes:
    if os.path.isdir(path):
        raise LaunchError(f"{path!r} is a folder; expected a Python file, or -m and the name of a package")
    if os.path.splitext(path)[1] not in ("", ".py", ".pyw"):
        raise LaunchError(f"{path!r} is not a Python file; expected a name that ends in .py or .ipynb")
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        raise LaunchError(f"cannot read {path!r}: {error.strerror}; expected a Python file") from None
    if b"\0" in source:
        raise LaunchError(f"{path!r} is not a Python file: it holds binary data")
    return source


def _exists(name: str) -> bool:
    """Whether `python -m name` would find something to run."""
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            return False
        raise  # a package on the way imports something that is missing: the user's own error
    return spec is not None and (spec.submodule_search_locations is None or _exists(f"{name}.__main__"))
