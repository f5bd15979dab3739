"""Linear layers, and those that only change shapes."""

from __future__ import annotations

import math
from typing import Any

from funcgrad.torch._ops.creation import empty
from funcgrad.torch._ops.linalg import linear
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.nn import init
from funcgrad.torch.nn._module import Module
from funcgrad.torch.nn.parameter import Parameter


class Linear(Module):
    """`x @ weight.T + bias`.

    Args:
        in_features: Length of the last dimension of the input.
        out_features: Length of the last dimension of the output.
        bias: Whether to add one.
        device: `cpu` or None.
        dtype: The parameters' dtype.
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in_features, device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new parameters, as PyTorch draws them."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """The product for each row."""
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Sizes and whether there is a bias."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Identity(Module):
    """Its input, whatever arguments it was made with."""

    def forward(self, input: Any) -> Any:
        """The input."""
        return input


class Flatten(Module):
    """Several dimensions as one; by default all but the first."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Any) -> Tensor:
        """The input with fewer dimensions."""
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """The range of dimensions."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """One dimension as several.

    Args:
        dim: Which.
        unflattened_size: Their sizes, of which one may be -1.

    Raises:
        TypeError: The sizes are no integers.
    """

    def __init__(self, dim: int, unflattened_size: Any) -> None:
        super().__init__()
        _check_sizes(unflattened_size)
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input: Any) -> Tensor:
        """The input with more dimensions."""
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        """The dimension and its sizes."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"


def _check_sizes(given: Any) -> None:
    if not isinstance(given, tuple | list):
        raise TypeError(f"unflattened_size must be a tuple of ints, but found type {type(given).__name__}")
    for place, size in enumerate(given):
        if not isinstance(size, int):
            kind = type(size).__name__
            raise TypeError(f"unflattened_size must be tuple of ints, but found element of type {kind} at pos {place}")
