"""Dtypes that scripts compare with, list and take the limits of, and that no tensor here has.

The first tensor of one is refused at the line that asks for it.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.errors import UnsupportedError, unsupported
from funcgrad.torch._types import dtype


class NamedDtype(dtype):
    """An element type that is only a name."""

    def __init__(self, name: str, element: Any) -> None:
        self.name = name
        self.scalar = name.capitalize() if name.startswith(("f", "q")) else name.replace("ui", "UI")
        self.legacy = f"{self.scalar}Tensor"
        self._element = np.dtype(element)

    @property
    def element(self) -> np.dtype[Any]:
        return self._element

    @property
    def numpy(self) -> np.dtype[Any]:
        """What tensors hold.

        Raises:
            UnsupportedError: Always.
        """
        raise UnsupportedError(
            unsupported(
                f"tensors of {self!r}", "Use a dtype that holds the values, for example torch.bfloat16 or torch.int64."
            )
        )


class _ComplexHalf(NamedDtype):
    """Two half-precision numbers."""

    @property
    def is_complex(self) -> bool:
        return True


float8_e4m3fn = NamedDtype("float8_e4m3fn", jnp.float8_e4m3fn)
float8_e4m3fnuz = NamedDtype("float8_e4m3fnuz", jnp.float8_e4m3fnuz)
float8_e5m2 = NamedDtype("float8_e5m2", jnp.float8_e5m2)
float8_e5m2fnuz = NamedDtype("float8_e5m2fnuz", jnp.float8_e5m2fnuz)
float8_e8m0fnu = NamedDtype("float8_e8m0fnu", jnp.float8_e8m0fnu)
complex32 = _ComplexHalf("complex32", [("real", np.float16), ("imag", np.float16)])
uint16 = NamedDtype("uint16", np.uint16)
uint32 = NamedDtype("uint32", np.uint32)
uint64 = NamedDtype("uint64", np.uint64)
qint8 = NamedDtype("qint8", np.int8)
qint32 = NamedDtype("qint32", np.int32)
quint8 = NamedDtype("quint8", np.uint8)
quint4x2 = NamedDtype("quint4x2", np.uint8)
quint2x4 = NamedDtype("quint2x4", np.uint8)
