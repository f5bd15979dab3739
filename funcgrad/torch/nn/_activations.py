"""Activation layers: each a function with the numbers that it was made with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from funcgrad.errors import warn
from funcgrad.torch._ops.creation import full
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.nn import functional as F
from funcgrad.torch.nn._module import Module
from funcgrad.torch.nn.parameter import Parameter


class _Plain(Module):
    """A function without numbers."""

    function: Callable[..., Tensor]

    def forward(self, input: Tensor) -> Tensor:
        """The function of each element."""
        return type(self).function(input)


class Tanh(_Plain):
    """Hyperbolic tangent."""

    function = staticmethod(F.tanh)


class Sigmoid(_Plain):
    """`1 / (1 + exp(-x))`."""

    function = staticmethod(F.sigmoid)


class LogSigmoid(_Plain):
    """Logarithm of the sigmoid."""

    function = staticmethod(F.logsigmoid)


class Softsign(_Plain):
    """`x / (1 + |x|)`."""

    function = staticmethod(F.softsign)


class Tanhshrink(_Plain):
    """`x - tanh(x)`."""

    function = staticmethod(F.tanhshrink)


class _InPlace(Module):
    """A function that can change its input."""

    function: Callable[..., Tensor]

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The function of each element."""
        return type(self).function(input, inplace=self.inplace)

    def extra_repr(self) -> str:
        """Whether it works in place."""
        return "inplace=True" if self.inplace else ""


class ReLU(_InPlace):
    """`max(x, 0)`; the gradient at 0 is 0."""

    function = staticmethod(F.relu)


class SELU(_InPlace):
    """elu with the two constants that keep mean 0 and variance 1."""

    function = staticmethod(F.selu)


class SiLU(_InPlace):
    """`x * sigmoid(x)`."""

    function = staticmethod(F.silu)


class Mish(_InPlace):
    """`x * tanh(softplus(x))`."""

    function = staticmethod(F.mish)


class Hardsigmoid(_InPlace):
    """The sigmoid as three straight lines."""

    function = staticmethod(F.hardsigmoid)
    extra_repr = Module.extra_repr


class Hardswish(_InPlace):
    """`x * hardsigmoid(x)`."""

    function = staticmethod(F.hardswish)
    extra_repr = Module.extra_repr


def _and_inplace(text: str, inplace: bool) -> str:
    return text + (", inplace=True" if inplace else "")


class Threshold(Module):
    """x above `threshold`, `value` elsewhere."""

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold, self.value, self.inplace = threshold, value, inplace

    def forward(self, input: Tensor) -> Tensor:
        """The function of each element."""
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        """The two numbers."""
        return _and_inplace(f"threshold={self.threshold}, value={self.value}", self.inplace)


class RReLU(Module):
    """x above 0, below it x times a slope that is drawn anew for each element in training."""

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower, self.upper, self.inplace = lower, upper, inplace

    def forward(self, input: Tensor) -> Tensor:
        """The function of each element."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The range of slopes."""
        return _and_inplace(f"lower={self.lower}, upper={self.upper}", self.inplace)


class Hardtanh(Module):
    """x limited to `[min_val, max_val]`; the gradient at the bounds is 0."""

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        super().__init__()
        if min_value is not None:
            warn("keyword argument `min_value` is deprecated and rename to `min_val`", FutureWarning)
            min_val = min_value
        if max_value is not None:
            warn("keyword argument `max_value` is deprecated and rename to `max_val`", FutureWarning)
            max_val = max_value
        if max_val <= min_val:
            raise AssertionError("max_val must be larger than min_val")
        self.min_val, self.max_val, self.inplace = min_val, max_val, inplace

    def forward(self, input: Tensor) -> Tensor:
        """The function of each element."""
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        """The bounds."""
        return _and_inplace(f"min_val={self.min_val}, max_val={self.max_val}", self.inplace)


class ReLU6(Hardtanh):
    """x limited to [0, 6]; the gradient at the bounds is 0."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        """Whether it works in place."""
        return "inplace=True" if self.inplace else ""


class ELU(Module):
    """x above 0, `alpha * (exp(x) - 1)` below."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace

    def forward(self, input: Tensor) -> Tensor:
        """The function of each element."""
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """The scale of the exponential."""
        return _and_inplace(f"alpha={self.alpha}", self.inplace)


class CELU(Module):
    """x above 0, `alpha * (exp(x / alpha) - 1)` below."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace

    def forward(self, input: Tensor) -> Tensor:
        """The function of each element."""
        return F.celu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """The scale of the exponential."""
        return _and_inplace(f"alpha={self.alpha}", self.inplace)


class LeakyReLU(Module):
    """x above 0, `negative_slope * x` below."""

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope, self.inplace = negative_slope, inplace

    def forward(self, input: Tensor) -> Tensor:
        """The function of each element."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        """The slope."""
        return _and_inplace(f"negative_slope={self.negative_slope}", self.inplace)


class PReLU(Module):
    """x above 0, `weight * x` below, with one slope to learn, or one for each channel."""

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(full((num_parameters,), float(init), device=device, dtype=dtype))

    def reset_parameters(self) -> None:
        """Set the slopes back to where they started."""
        self.weight.data.fill_(self.init)

    def forward(self, input: Tensor) -> Tensor:
        """The function of each element."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """How many slopes there are."""
        return f"num_parameters={self.num_parameters}"


class GELU(Module):
    """x times the normal distribution function of x."""

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """The function of each element."""
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        """The approximation."""
        return f"approximate={self.approximate!r}"


class GLU(Module):
    """The first half along a dimension times the sigmoid of the second."""

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """The gated half."""
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        """The dimension."""
        return f"dim={self.dim}"


class Softplus(Module):
    """`log(1 + exp(beta * x)) / beta`; x itself above `threshold / beta`."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, input: Tensor) -> Tensor:
        """The function of each element."""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """The two numbers."""
        return f"beta={self.beta}, threshold={self.threshold}"


class Softshrink(Module):
    """x moved towards 0 by `lambd`, and 0 where it would cross it."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """The function of each element."""
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """By how much."""
        return str(self.lambd)


class Hardshrink(Module):
    """x where it is farther than `lambd` from 0, else 0."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """The function of each element."""
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """From where on."""
        return f"{self.lambd}"
