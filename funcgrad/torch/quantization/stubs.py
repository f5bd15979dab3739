"""torch.quantization.stubs: marks of where a model's numbers would become integers, and back."""

from __future__ import annotations

from typing import Any

from funcgrad.torch._absent import absent as _absent
from funcgrad.torch.nn._module import Module


class QuantStub(Module):
    """Gives its input, as PyTorch's does until the model is converted.

    Args:
        qconfig: How to quantize; kept.
    """

    def __init__(self, qconfig: Any = None) -> None:
        super().__init__()
        if qconfig:
            self.qconfig = qconfig

    def forward(self, x: Any) -> Any:
        """The input."""
        return x


class DeQuantStub(QuantStub):
    """Gives its input, as PyTorch's does until the model is converted."""


__getattr__ = _absent(__name__, "Train in float32 or bfloat16 and quantize where PyTorch is installed.")
