"""Lazy layers: they learn their number of input features or channels from the first input.

At the first call a lazy layer makes its parameters, draws them, and becomes the plain layer of its kind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from funcgrad.torch._ops.creation import empty
from funcgrad.torch.nn import _convolutions as convolutions
from funcgrad.torch.nn import _normalization as normalization
from funcgrad.torch.nn._linear import Linear
from funcgrad.torch.nn._module import Module
from funcgrad.torch.nn.parameter import UninitializedBuffer, UninitializedParameter


class _Lazy(Module):
    """A layer that becomes `plain` at its first call."""

    plain: ClassVar[type[Module]]

    def _leave_open(self, *names: str, dtype: Any = None) -> None:
        """Parameters and buffers of these names get their shapes later."""
        for name in names:
            if name in self._buffers:
                self._buffers[name] = UninitializedBuffer(empty(0, dtype=dtype), persistent=True)
            else:
                self._parameters[name] = UninitializedParameter(empty(0, dtype=dtype))

    def reset_parameters(self) -> None:
        """Nothing: there are no parameters yet."""

    def _shapes(self, input: Any) -> dict[str, tuple[int, ...]]:
        """The shapes that an input asks for; the layer notes its own numbers."""
        raise NotImplementedError

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        shapes = self._shapes(args[0] if args else kwargs["input"])
        for name, x in [*self._parameters.items(), *self._buffers.items()]:
            if isinstance(x, UninitializedBuffer | UninitializedParameter):
                x.materialize(shapes[name])  # pyright: ignore[reportAttributeAccessIssue]
        self.__class__ = self.plain  # pyright: ignore[reportAttributeAccessIssue] - it becomes another class
        self.reset_parameters()
        return self(*args, **kwargs)


class LazyLinear(_Lazy, Linear):
    """`Linear` whose `in_features` is the length of the last dimension of its first input."""

    plain = Linear

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(0, 0, bias, device, dtype)
        self.out_features = out_features
        self._leave_open("weight", *(["bias"] if bias else []), dtype=dtype)

    def _shapes(self, input: Any) -> dict[str, tuple[int, ...]]:
        self.in_features = input.shape[-1]
        return {"weight": (self.out_features, self.in_features), "bias": (self.out_features,)}


class _LazyConv(_Lazy, convolutions._ConvNd):
    """A convolution without `in_channels`; its other arguments are those of the plain one."""

    def __init__(self, out_channels: int, kernel_size: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(0, 0, kernel_size, *args, **kwargs)
        self.out_channels = out_channels
        dtype = self.weight.dtype
        self._leave_open("weight", *(["bias"] if self.bias is not None else []), dtype=dtype)

    def _shapes(self, input: Any) -> dict[str, tuple[int, ...]]:
        self.in_channels = input.shape[input.ndim - self.ndim - 1]
        self._check()
        first, second = self.out_channels, self.in_channels
        if self.transposed:
            first, second = second, first
        return {"weight": (first, second // self.groups, *self.kernel_size), "bias": (self.out_channels,)}


class _LazyNorm(_Lazy, normalization._NormBase):
    """A normalization without `num_features`."""

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(0, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)
        names = [n for n, x in [*self._parameters.items(), *self._buffers.items()] if x is not None and x.ndim]
        self._leave_open(*names, dtype=dtype)

    def _shapes(self, input: Any) -> dict[str, tuple[int, ...]]:
        self._check_input_dim(input)
        self.num_features = input.shape[1]
        return dict.fromkeys(("weight", "bias", "running_mean", "running_var"), (self.num_features,))


def _family(base: type[_Lazy], kind: str, room: Any) -> list[Callable[..., Any]]:
    """The lazy layer in one, two and three dimensions."""
    made = []
    for n in (1, 2, 3):
        plain = getattr(room, f"{kind}{n}d")
        name, text = f"Lazy{kind}{n}d", f"`{kind}{n}d` whose number of input channels is that of its first input."
        fields = {"plain": plain, "__doc__": text, "__module__": __name__, "__qualname__": name}
        made.append(type(name, (base, plain), fields))
    return made


LazyConv1d, LazyConv2d, LazyConv3d = _family(_LazyConv, "Conv", convolutions)
LazyConvTranspose1d, LazyConvTranspose2d, LazyConvTranspose3d = _family(_LazyConv, "ConvTranspose", convolutions)
LazyBatchNorm1d, LazyBatchNorm2d, LazyBatchNorm3d = _family(_LazyNorm, "BatchNorm", normalization)
LazyInstanceNorm1d, LazyInstanceNorm2d, LazyInstanceNorm3d = _family(_LazyNorm, "InstanceNorm", normalization)
