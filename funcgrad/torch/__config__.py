"""torch.__config__: what computes here, as text."""

from __future__ import annotations

import os as _os

import jax as _jax
from jaxlib.version import __version__ as _jaxlib_version

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.version import __version__ as _version


def show() -> str:
    """What stands behind the tensors, and on which processor."""
    return (
        f"PyTorch {_version} as funcgrad has it, built with:\n"
        f"  - JAX {_jax.__version__}, jaxlib {_jaxlib_version}\n"
        f"  - XLA on {_jax.default_backend()}\n"
    )


def parallel_info() -> str:
    """How many threads there may be: XLA chooses them."""
    return f"XLA parallel backend, {_os.cpu_count()} processors\n"


__getattr__ = _missing_from(__name__)
