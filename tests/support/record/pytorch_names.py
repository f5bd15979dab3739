"""Records the public names of PyTorch: `python tests/support/record/pytorch_names.py`, with the real torch."""

import importlib
import json
from pathlib import Path
from types import BuiltinFunctionType, ModuleType

import torch

FILE = Path(__file__).resolve().parents[3] / "funcgrad" / "support" / "pytorch_names.json"
NAMESPACES = (
    *("torch", "torch.Tensor", "torch.nn", "torch.nn.functional", "torch.nn.init", "torch.nn.utils"),
    *("torch.nn.utils.rnn", "torch.nn.utils.parametrize", "torch.nn.utils.parametrizations"),
    *("torch.nn.utils.prune", "torch.nn.attention", "torch.nn.parallel", "torch.optim"),
    *("torch.optim.lr_scheduler", "torch.optim.swa_utils", "torch.linalg", "torch.fft", "torch.special"),
    *("torch.signal.windows", "torch.distributions", "torch.autograd", "torch.autograd.functional", "torch.func"),
    *("torch.utils.data", "torch.utils.checkpoint", "torch.amp", "torch.cuda", "torch.cuda.amp", "torch.random"),
    *("torch.testing", "torch.accelerator", "torch.profiler", "torch.jit", "torch.fx", "torch.sparse"),
    *("torch.nested", "torch.masked", "torch.distributed", "torch.onnx", "torch.hub", "torch.export"),
    *("torch.library", "torch.serialization", "torch.backends", "torch.backends.cudnn", "torch.backends.cuda"),
    "torch.multiprocessing",
)


def namespace(path):
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError:
        return getattr(torch, path.rpartition(".")[2])


def names_of(found):
    listed = getattr(found, "__all__", None) if found is not torch else None
    return sorted(name for name in set(listed or dir(found)) if not name.startswith("_") and is_public(found, name))


def is_public(found, name):
    """Whether users know the name: neither imported from elsewhere nor one of the undocumented kernels."""
    value = getattr(found, name, None)
    if isinstance(value, ModuleType):
        return value.__name__.startswith("torch")
    home = getattr(value, "__module__", None) or "torch"
    if isinstance(value, BuiltinFunctionType) and found is torch:
        return bool(value.__doc__) or hasattr(torch.Tensor, name)
    is_internal = type(value).__name__ == "pybind11_type" or (isinstance(value, type) and home == "torch._C")
    return home.split(".")[0] in ("torch", "builtins") and not is_internal


def names():
    return {path: names_of(namespace(path)) for path in NAMESPACES}


if __name__ == "__main__":
    rows = (f" {json.dumps(path)}: {json.dumps(' '.join(found))}" for path, found in names().items())
    FILE.write_text("{\n" + ",\n".join(rows) + "\n}\n")
