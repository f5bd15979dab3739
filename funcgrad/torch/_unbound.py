"""Functions that stay functions where a class has them: `class Net(nn.Module): act = torch.tanh`.

PyTorch's are compiled, and Python makes no methods of compiled functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import FunctionType
from typing import Any

OF_FUNCTIONAL = frozenset(
    {
        *("adaptive_avg_pool1d", "avg_pool1d", "avg_pool2d", "avg_pool3d", "bilinear", "channel_shuffle", "conv1d"),
        *("conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "cosine_similarity", "gelu"),
        *("hardshrink", "linear", "logsigmoid", "one_hot", "pairwise_distance", "pdist", "pixel_shuffle"),
        *("pixel_unshuffle", "prelu", "scaled_dot_product_attention", "softplus", "softshrink"),
    }
)
"""Those of torch.nn.functional; the others there are written in Python, and do become methods."""

_functions: set[FunctionType] = set()


def leave_unbound(functions: Iterable[Any]) -> None:
    """Remember functions that classes of users do not make methods of."""
    _functions.update(x for x in functions if type(x) is FunctionType)


def unbind(cls: type) -> None:
    """Let a new class have such functions as they are."""
    for name, value in list(vars(cls).items()):
        if callable(value) and hasattr(type(value), "__get__") and value in _functions:  # or what overrides one
            setattr(cls, name, staticmethod(value))
