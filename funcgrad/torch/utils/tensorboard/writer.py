"""SummaryWriter: tensorboardX's, given NumPy arrays in the place of tensors."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from funcgrad.errors import UnsupportedError, unsupported
from funcgrad.torch._ops.conversion import host_array
from funcgrad.torch._tensor import Tensor

NEEDED = "It writes with the package tensorboardX: `pip install tensorboardX`, then run again."


class SummaryWriter:
    """A writer of scalars, histograms, images, figures and texts for TensorBoard.

    Args:
        log_dir: The folder; by default a new one under `runs`.
        comment: The end of the default folder's name.
        options: Other options, as tensorboardX takes them.

    Raises:
        UnsupportedError: tensorboardX is not installed; or, at the call, a method that needs PyTorch's own graph.
    """

    def __init__(self, log_dir: str | None = None, comment: str = "", **options: Any) -> None:
        try:
            package = importlib.import_module("tensorboardX")
        except ImportError as error:
            raise UnsupportedError(unsupported("torch.utils.tensorboard.SummaryWriter as it is", NEEDED)) from error
        self._writer: Any = package.SummaryWriter(log_dir, comment, **options)

    def __getattr__(self, name: str) -> Any:
        if name == "_writer":  # not made: the package was missing
            raise AttributeError(name)
        found = getattr(self._writer, name)
        return _with_arrays(found) if name.startswith("add_") else found

    def add_graph(self, model: Any, input_to_model: Any = None, verbose: bool = False, **other: Any) -> None:
        """Refused: the graph of a model as PyTorch traces it.

        Raises:
            UnsupportedError: Always.
        """
        raise UnsupportedError(
            unsupported("SummaryWriter.add_graph", "Leave the call out; print(model) shows its modules.")
        )

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *exception: object) -> None:
        self._writer.close()


def _with_arrays(method: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **keywords: Any) -> Any:
        return method(*map(_as_array, args), **{name: _as_array(x) for name, x in keywords.items()})

    return call


def _as_array(x: Any) -> Any:
    if isinstance(x, Tensor):
        return host_array(x, "tensorboard")
    if isinstance(x, dict):
        return {key: _as_array(item) for key, item in x.items()}
    return type(x)(map(_as_array, x)) if type(x) in (list, tuple) else x
