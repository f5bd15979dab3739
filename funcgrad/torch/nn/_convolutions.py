"""Convolution layers, in one to three dimensions and transposed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from funcgrad.torch._ops.creation import empty
from funcgrad.torch._ops.padding import pad
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.nn import functional as F
from funcgrad.torch.nn import init
from funcgrad.torch.nn._module import Module
from funcgrad.torch.nn.parameter import Parameter

_PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def ntuple(given: Any, n: int) -> tuple[Any, ...]:
    """One number for all dimensions, or one for each, as a tuple."""
    return tuple(given) if isinstance(given, Iterable) else (given,) * n


class _ConvNd(Module):
    """What all convolutions share.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: One number, or one for each dimension; so are stride, padding and dilation.
        stride: Distance between windows.
        padding: Elements added on both sides; for those that are not transposed also "same" or "valid".
        dilation: Distance between elements of the kernel.
        groups: Into how many groups the channels are split.
        bias: Whether to add one.
        padding_mode: `zeros`, `reflect`, `replicate` or `circular`.
        device: `cpu` or None.
        dtype: The parameters' dtype.

    Raises:
        ValueError: Channels and groups, or padding and stride, do not fit.
    """

    ndim: int
    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        n = self.ndim
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride, self.dilation = ntuple(kernel_size, n), ntuple(stride, n), ntuple(dilation, n)
        self.padding = padding if isinstance(padding, str) else ntuple(padding, n)
        self.output_padding = (0,) * n
        self.padding_mode = padding_mode
        self._check()
        self._reversed_padding_repeated_twice = self._ends()
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self.weight = Parameter(empty(first, second // groups, *self.kernel_size, device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _check(self) -> None:
        if self.groups <= 0:
            raise ValueError("groups must be a positive integer")
        if self.in_channels % self.groups:
            raise ValueError("in_channels must be divisible by groups")
        if self.out_channels % self.groups:
            raise ValueError("out_channels must be divisible by groups")
        if isinstance(self.padding, str):
            if self.padding not in ("same", "valid"):
                raise ValueError(f"Invalid padding string '{self.padding}', should be one of {{'same', 'valid'}}")
            if self.padding == "same" and any(s != 1 for s in self.stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if self.padding_mode not in _PADDING_MODES:
            listed = ", ".join(map(repr, _PADDING_MODES))
            raise ValueError(f"padding_mode must be one of {{{listed}}}, but got padding_mode='{self.padding_mode}'")

    def reset_parameters(self) -> None:
        """Draw new parameters, as PyTorch draws them."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in = math.prod(self.weight.shape[1:])
            if fan_in:
                init.uniform_(self.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))

    def _ends(self) -> list[int]:
        """The padding as `pad` takes it."""
        if isinstance(self.padding, str):
            if self.padding == "valid":
                return [0] * (2 * self.ndim)
            total = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True)]
            return [n for t in reversed(total) for n in (t // 2, t - t // 2)]
        return [n for p in reversed(self.padding) for n in (p, p)]

    def forward(self, input: Tensor) -> Tensor:
        """The convolution of a batch, or of one sample."""
        return self._conv_forward(input, self.weight, self.bias)

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The convolution by a weight and a bias that may be others than the layer's own, as subclasses call it."""
        function = (F.conv1d, F.conv2d, F.conv3d)[self.ndim - 1]
        padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode), 0
        return function(input, weight, bias, self.stride, padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        """Channels, sizes, and what differs from the defaults."""
        zeros, ones = (0,) * self.ndim, (1,) * self.ndim
        usual = {"padding": zeros, "dilation": ones, "output_padding": zeros, "groups": 1}
        parts = [f"{self.in_channels}", f"{self.out_channels}", f"kernel_size={self.kernel_size}"]
        parts += [f"stride={self.stride}"]
        parts += [f"{name}={getattr(self, name)}" for name, value in usual.items() if getattr(self, name) != value]
        parts += ["bias=False"] if self.bias is None else []
        return ", ".join(parts + ([f"padding_mode={self.padding_mode}"] if self.padding_mode != "zeros" else []))


class Conv1d(_ConvNd):
    """Convolution of `[batch, in, length]`."""

    ndim = 1


class Conv2d(_ConvNd):
    """Convolution of `[batch, in, height, width]`."""

    ndim = 2


class Conv3d(_ConvNd):
    """Convolution of `[batch, in, depth, height, width]`."""

    ndim = 3


class _ConvTransposeNd(_ConvNd):
    """What all transposed convolutions share; arguments as for the others, `output_padding` lengthens the result."""

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        sizes = kernel_size, stride, padding, dilation
        super().__init__(in_channels, out_channels, *sizes, groups, bias, padding_mode, device, dtype)
        self.output_padding = ntuple(output_padding, self.ndim)

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """The transposed convolution of a batch, or of one sample; `output_size` chooses among possible sizes."""
        functions = F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d
        sizes = self.stride, self.padding, self.kernel_size
        more = self._output_padding(input, output_size, *sizes, self.ndim, self.dilation)
        options = self.stride, self.padding, more, self.groups, self.dilation
        return functions[self.ndim - 1](input, self.weight, self.bias, *options)

    def _output_padding(
        self,
        input: Tensor,
        output_size: Sequence[int] | None,
        stride: Sequence[int],
        padding: Any,
        kernel_size: Sequence[int],
        num_spatial_dims: int,
        dilation: Sequence[int] | None = None,
    ) -> Sequence[int]:
        """The output padding that leads to a size; the layer's own without one."""
        if output_size is None:
            return self.output_padding
        n, lead = num_spatial_dims, 2 if input.ndim == num_spatial_dims + 2 else 1
        if len(output_size) == n + lead:
            output_size = output_size[lead:]
        if len(output_size) != n:
            raise ValueError(
                f"ConvTranspose{n}D: for {input.ndim}D input, output_size must have {n} or {n + lead} elements "
                f"(got {len(output_size)})"
            )
        sizes = zip(input.shape[lead:], stride, padding, dilation or (1,) * n, kernel_size, strict=True)
        least = [(m - 1) * s - 2 * p + d * (k - 1) + 1 for m, s, p, d, k in sizes]
        most = [low + s - 1 for low, s in zip(least, stride, strict=True)]
        if any(not low <= w <= high for low, w, high in zip(least, output_size, most, strict=True)):
            raise ValueError(
                f"requested an output size of {output_size}, but valid sizes range from {least} to {most} (for an "
                f"input of {input.shape[2:]})"
            )
        return [w - low for w, low in zip(output_size, least, strict=True)]


class ConvTranspose1d(_ConvTransposeNd):
    """Transposed convolution of `[batch, in, length]`."""

    ndim = 1


class ConvTranspose2d(_ConvTransposeNd):
    """Transposed convolution of `[batch, in, height, width]`."""

    ndim = 2


class ConvTranspose3d(_ConvTransposeNd):
    """Transposed convolution of `[batch, in, depth, height, width]`."""

    ndim = 3
