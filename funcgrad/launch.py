"""Launcher: runs a script as `python script.py` does, with `import torch` giving `funcgrad.torch`.

While it runs, `torch.x` and `funcgrad.torch.x` are one module object; afterwards the import state is as before.
"""

from __future__ import annotations

import builtins
import importlib.util
import os
import runpy
import site
import sys
import sysconfig
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType, TracebackType
from typing import cast

from funcgrad.errors import FuncgradError, UnsupportedModuleError, is_beneath, is_ours, unsupported

FACE = "funcgrad.torch"
JAX_NOTE = "JAX has removed its internal frames"
"""Advice on a traceback that shows no frame of JAX anyway."""

_INSTALLED = (
    *(sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")),
    *site.getsitepackages(),
    site.getusersitepackages(),
)


class LaunchError(FuncgradError):
    """What was given is not a Python file or module that can be run."""


def run_script(path: str, args: Sequence[str] = ()) -> None:
    """Runs a Python file as `python path args` does, with `import torch` giving `funcgrad.torch`.

    Args:
        path: The script.
        args: The script's own arguments.

    Raises:
        LaunchError: If the path is not a readable Python file.
        BaseException: What the script raises, `SystemExit` included.
    """
    run_parts([_read(path)], path, args)


def run_parts(parts: Iterable[bytes | str], path: str, args: Sequence[str] = ()) -> None:
    """Runs pieces of source one after the other, as if they were the script that `path` names.

    Args:
        parts: Python source; one that fails does not keep the next from running.
        path: What tracebacks and `__file__` say.
        args: The script's own arguments.

    Raises:
        Exception: The first that a part raised, after all have had their turn.
        BaseException: `SystemExit` and its like, at once.
    """
    errors: list[Exception] = []
    with _imports(argv=[path, *args], folder=os.path.dirname(os.path.realpath(path))):
        main = _main_module(os.path.abspath(path))
        for source in parts:
            try:
                exec(compile(source, str(main.__file__), "exec", dont_inherit=True), vars(main))
            except Exception as error:
                errors.append(error)
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
    with _imports(argv=[name, *args], folder=os.getcwd()):
        if not all(part.isidentifier() for part in name.split(".")) or not _exists(name):
            raise LaunchError(f"no module named {name!r} that can be run; expected a name as for python -m")
        runpy.run_module(name, run_name="__main__", alter_sys=True)


def show_error(error: BaseException) -> None:
    """Prints an uncaught exception of a script as Python does, with the user's frames only.

    Frames of ours, and of libraries that we called, leave the tracebacks of the error and of its causes.
    """
    _leave_users_frames(error, set())
    sys.excepthook(type(error), error, error.__traceback__)


class _FaceFinder(MetaPathFinder):
    """Finds `torch` and its submodules as those of the face, and never lets an installed PyTorch be found."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] == "torch":
            return ModuleSpec(fullname, _Alias(importlib.import_module(FACE + fullname.removeprefix("torch"))))
        if fullname.startswith(FACE + "."):
            spec = PathFinder.find_spec(fullname, path)
            if spec is None:
                name = "torch" + fullname.removeprefix(FACE)
                raise UnsupportedModuleError(unsupported(name), name=name)
            return spec
        return None


class _Alias(Loader):
    """Loads a module that exists under another name."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec  # the import system has just put the alias's there


@contextmanager
def _imports(argv: list[str], folder: str) -> Generator[None]:
    """The import state of a script of its own in the block, and the caller's after it."""
    finder = _FaceFinder()
    before = dict(sys.modules), sys.argv, sys.path
    for name in [name for name in sys.modules if name.partition(".")[0] in ("torch", "__main__")]:
        del sys.modules[name]
    sys.meta_path.insert(0, finder)
    sys.argv, sys.path = argv, [folder, *sys.path[1:]]
    try:
        yield
    finally:
        modules, sys.argv, sys.path = before
        sys.meta_path.remove(finder)
        for name in [name for name, module in sys.modules.items() if name not in modules and _is_users(name, module)]:
            del sys.modules[name]
        sys.modules.update(modules)


def _is_users(name: str, module: ModuleType) -> bool:
    """Whether a new module is the script's: `torch`, or a file of the user's. Installed ones may stay loaded."""
    root, file = name.partition(".")[0], str(getattr(module, "__file__", None) or "")
    return root == "torch" or (file != "" and root != "funcgrad" and not file.startswith(_INSTALLED))


def _main_module(path: str) -> ModuleType:
    main = ModuleType("__main__")
    main.__file__, main.__loader__ = path, SourceFileLoader("__main__", path)
    vars(main).update(__builtins__=builtins, __cached__=None, __annotations__={})
    sys.modules["__main__"] = main
    return main


def _read(path: str) -> bytes:
    if os.path.isdir(path):
        raise LaunchError(f"{path!r} is a folder; expected a Python file, or -m and the name of a package")
    if os.path.splitext(path)[1] not in ("", ".py", ".pyw"):
        raise LaunchError(f"{path!r} is not a Python file; expected a name that ends in .py")
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


def _leave_users_frames(error: BaseException, seen: set[int]) -> None:
    if id(error) in seen:
        return
    seen.add(id(error))
    error.__traceback__ = _users_frames(error.__traceback__)
    notes = getattr(error, "__notes__", None)
    if isinstance(notes, list):
        notes[:] = [note for note in cast("list[object]", notes) if JAX_NOTE not in str(note)]
    related = [error.__cause__, error.__context__]
    if isinstance(error, BaseExceptionGroup):
        related += cast("BaseExceptionGroup[BaseException]", error).exceptions
    for other in related:
        if other is not None:
            _leave_users_frames(other, seen)


def _users_frames(traceback: TracebackType | None) -> TracebackType | None:
    shown: list[TracebackType] = []
    inside = False
    while traceback is not None:
        inside = is_ours(traceback.tb_frame) or (inside and is_beneath(traceback.tb_frame))
        if not inside:
            shown.append(traceback)
        traceback = traceback.tb_next
    for entry in reversed(shown):
        traceback = TracebackType(traceback, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return traceback
