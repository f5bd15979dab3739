"""The import state of a script: `torch.x` and `funcgrad.torch.x` are one module object while it runs.

Afterwards everything is as before. Processes that the script starts get the same, see `children.py`.
"""

from __future__ import annotations

import functools
import importlib
import os
import re
import site
import sys
import sysconfig
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

from funcgrad.errors import UnsupportedModuleError, unsupported
from funcgrad.launch.children import face_in_children
from funcgrad.launch.endings import endings_in
from funcgrad.launch.files import flush_files

FACE = "funcgrad.torch"
COMPANIONS = frozenset({"torchvision", "torchaudio", "torchtext"})

SHOWN_AS = {
    "torch": (
        *("Tensor", "Size", "dtype", "device", "layout", "memory_format", "finfo", "iinfo", "Future", "ScriptModule"),
        *("AcceleratorError", "OutOfMemoryError"),
    ),
    "torch._C": ("TensorBase", "Generator", "_LinAlgError"),
    "torch.nn.parameter": ("Parameter", "UninitializedParameter", "UninitializedBuffer"),
    "torch.storage": ("TypedStorage", "UntypedStorage"),
    "torch.autograd.anomaly_mode": ("detect_anomaly", "set_detect_anomaly"),
    "torch.autograd.function": ("Function", "FunctionCtx"),
    "torch.autograd.grad_mode": ("enable_grad", "inference_mode", "no_grad", "set_grad_enabled"),
    "torch.autograd.variable": ("Variable",),
    "torch._dynamo.eval_frame": ("OptimizedModule",),
    "torch.optim": ("Adafactor", "Muon"),
    "torch.utils.hooks": ("RemovableHandle",),
}
"""Where PyTorch's best known classes say that they are from, as `print(type(x))` shows it."""

PLACES = (
    *("torch.nn.modules.", "torch.nn.utils.prune", "torch.optim.lr_scheduler", "torch.distributions.transforms"),
    *("torch.autograd.graph", "torch.serialization"),
)
"""Modules that name what private files define: every class of theirs says that it is from there."""

_COMPANION_ADVICE = (
    "It is a package of its own, compiled for PyTorch itself. Load the data with NumPy, PIL or scikit-learn, and write "
    "transforms and models with the names that dir(torch) lists."
)
_INSTALLED = (
    *(sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")),
    *site.getsitepackages(),
    site.getusersitepackages(),
)


@contextmanager
def own_imports(argv: list[str], folder: str) -> Generator[None]:
    """The import state of a script of its own in the block, and the caller's after it."""
    before = dict(sys.modules), sys.argv, sys.path
    hidden = {"torch", "functorch", "__main__", *_shadowed(folder)}
    for name in [name for name in sys.modules if name.partition(".")[0] in hidden]:
        del sys.modules[name]
    finder = install_face()
    sys.argv, sys.path = argv, [folder, *sys.path[1:]]
    try:
        with face_in_children(install_face), endings_in(functools.partial(own_imports, argv, folder)):
            yield
    except ImportError as error:
        _advise(error)
        raise
    finally:
        flush_files()  # while the script's globals are alive
        modules, sys.argv, sys.path = before
        sys.meta_path.remove(finder)
        finder.forget_names()
        for name in [name for name, module in sys.modules.items() if name not in modules and _is_users(name, module)]:
            del sys.modules[name]
        sys.modules.update(modules)


def install_face() -> _FaceFinder:
    """Makes `import torch` give the face, from now on and in this process."""
    finder = _FaceFinder()
    sys.meta_path.insert(0, finder)
    return finder


class _FaceFinder(MetaPathFinder):
    """Finds `torch` and its submodules as those of the face, and never lets an installed PyTorch be found."""

    def __init__(self) -> None:
        self._names: dict[type, str] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == "functorch":
            return ModuleSpec(fullname, _Alias(importlib.import_module(f"{FACE}._functorch")))
        if fullname.partition(".")[0] == "torch":
            module = importlib.import_module(FACE + fullname.removeprefix("torch"))
            if fullname == "torch":
                self._name_classes()
                module.__name__ = fullname  # libraries compare it; none of its frames asks whose it is
            elif "._" not in fullname:
                self._name(_classes_of(module, fullname), fullname)
            return ModuleSpec(fullname, _Alias(module))
        if fullname.startswith(FACE + "."):
            return _found(fullname, path)
        return None

    def _name_classes(self) -> None:
        for path, names in SHOWN_AS.items():
            module = importlib.import_module(FACE + path.removeprefix("torch"))
            self._name([getattr(module, name) for name in names], path)
        for name, module in list(sys.modules.items()):
            path = "torch" + name.removeprefix(FACE)
            if name.startswith(f"{FACE}.") and "._" not in path:
                self._name(_classes_of(module, path), path)
                sys.modules.setdefault(path, module)  # where pickle and typing look for what a class says

    def _name(self, kinds: list[type], path: str) -> None:
        for kind in kinds:
            self._names.setdefault(kind, kind.__module__)
            kind.__module__ = path

    def forget_names(self) -> None:
        """Let classes say again where they really are from."""
        for kind, module in self._names.items():
            kind.__module__ = module
        if self._names:
            sys.modules[FACE].__name__ = FACE


def _classes_of(module: ModuleType, path: str) -> list[type]:
    """The face's classes that a public module defines, or that it is PyTorch's place of."""
    is_place = path.startswith(PLACES)
    kinds = (kind for kind in vars(module).values() if isinstance(kind, type))
    return [k for k in kinds if k.__module__ == module.__name__ or (is_place and k.__module__.startswith(f"{FACE}."))]


def _found(fullname: str, path: Sequence[str] | None) -> ModuleSpec:
    spec = PathFinder.find_spec(fullname, path)
    if spec is None:
        shown = "torch" + fullname.removeprefix(FACE)
        raise UnsupportedModuleError(unsupported(shown), name=shown)
    return spec


def _advise(error: ImportError) -> None:
    """Says with what is missing what to do instead: as a note, for scripts look for it and read the message."""
    if str(error.name).partition(".")[0] in COMPANIONS:
        error.add_note(_COMPANION_ADVICE)
    elif name := re.match(r"cannot import name '(\w+)' from 'torch'", str(error)):
        error.add_note(unsupported(f"torch.{name[1]}"))


class _Alias(Loader):
    """Loads a module that exists under another name."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec  # the import system has just put the alias's there


def _shadowed(folder: str) -> set[str]:
    """Loaded modules in whose place the script's neighbour of that name would have been imported."""
    beside = {entry.name.removesuffix(".py"): entry for entry in os.scandir(folder)} if os.path.isdir(folder) else {}
    return {
        name
        for name, module in sys.modules.items()
        if (entry := beside.get(name)) is not None
        and name not in (*sys.builtin_module_names, "funcgrad")
        and (entry.name.endswith(".py") or os.path.exists(os.path.join(entry.path, "__init__.py")))
        and not str(getattr(module, "__file__", None)).startswith(entry.path)
    }


def _is_users(name: str, module: ModuleType) -> bool:
    """Whether a new module is the script's: the face, or a file of the user's. Installed ones may stay loaded."""
    root, file = name.partition(".")[0], str(getattr(module, "__file__", None) or "")
    return root in ("torch", "functorch") or (file != "" and root != "funcgrad" and not file.startswith(_INSTALLED))
