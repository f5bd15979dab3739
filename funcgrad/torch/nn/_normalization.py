"""Normalization layers.

Running statistics are buffers that change in place while training, grad mode or not.
"""

from __future__ import annotations

from typing import Any

from funcgrad.errors import warn
from funcgrad.torch._ops.creation import empty, tensor
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import int64
from funcgrad.torch.nn import functional as F
from funcgrad.torch.nn import init
from funcgrad.torch.nn._module import Module
from funcgrad.torch.nn.parameter import Parameter


class _NormBase(Module):
    """Statistics for each channel, and a scale.

    Args:
        num_features: Number of channels.
        eps: Added to the variance.
        momentum: The share of a batch in the running statistics; None for the mean over all batches so far.
        affine: Whether there are a weight and a bias.
        track_running_stats: Whether there are running statistics.
        device: `cpu` or None.
        dtype: The parameters' dtype.
        bias: Whether there is a bias, if `affine`.
    """

    _version = 2  # with num_batches_tracked

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        how = {"device": device, "dtype": dtype}
        for name, is_there in (("weight", affine), ("bias", affine and bias)):
            self.register_parameter(name, Parameter(empty(num_features, **how)) if is_there else None)
        for name in ("running_mean", "running_var"):
            self.register_buffer(name, empty(num_features, **how) if track_running_stats else None)
        self.register_buffer("num_batches_tracked", tensor(0, dtype=int64) if track_running_stats else None)
        self.reset_parameters()

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: Any, *found: Any, **named: Any
    ) -> None:
        count = prefix + "num_batches_tracked"
        if self.track_running_stats and (local_metadata.get("version") or 1) < 2 and count not in state_dict:
            state_dict[count] = self.num_batches_tracked  # which files of old do not have
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *found, **named)

    def reset_running_stats(self) -> None:
        """Start again with mean 0 and variance 1."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Statistics as new, weight 1 and bias 0."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check_input_dim(self, input: Tensor) -> None:
        raise NotImplementedError

    def extra_repr(self) -> str:
        """Channels and options."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


def _check_rank(input: Tensor, ranks: tuple[int, ...]) -> None:
    if input.dim() not in ranks:
        wanted = " or ".join(f"{n}D" for n in ranks)
        raise ValueError(f"expected {wanted} input (got {input.dim()}D input)")


class _BatchNorm(_NormBase):
    def forward(self, input: Tensor) -> Tensor:
        """The batch normalized by its own statistics while training, by the running ones in evaluation."""
        self._check_input_dim(input)
        is_learning = self.training and self.track_running_stats
        share: Any = self.momentum
        if is_learning and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if share is None:
                share = self.num_batches_tracked.double().reciprocal()
        mean, variance = self.running_mean, self.running_var
        kept = (mean, variance) if is_learning or not self.training else (None, None)
        by_batch = self.training or (mean is None and variance is None)
        share = 0.0 if share is None else share
        return F.batch_norm(input, *kept, self.weight, self.bias, by_batch, share, self.eps)


class BatchNorm1d(_BatchNorm):
    """Each channel of `[batch, channels]` or `[batch, channels, length]` with mean 0 and variance 1, then scaled."""

    def _check_input_dim(self, input: Tensor) -> None:
        _check_rank(input, (2, 3))


class BatchNorm2d(_BatchNorm):
    """Each channel of `[batch, channels, height, width]` with mean 0 and variance 1, then scaled."""

    def _check_input_dim(self, input: Tensor) -> None:
        _check_rank(input, (4,))


class BatchNorm3d(_BatchNorm):
    """Each channel of `[batch, channels, depth, height, width]` with mean 0 and variance 1, then scaled."""

    def _check_input_dim(self, input: Tensor) -> None:
        _check_rank(input, (5,))


class _InstanceNorm(_NormBase):
    """As `_NormBase`; without scale and running statistics unless asked for."""

    ndim: int

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def forward(self, input: Any) -> Tensor:
        """Each channel of each sample normalized by itself, or by running statistics in evaluation."""
        self._check_input_dim(input)
        self._check_channels(input)
        is_batch = input.ndim == self.ndim + 2
        by_itself = self.training or not self.track_running_stats
        y: Any = F.instance_norm(
            input if is_batch else input.unsqueeze(0),
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            by_itself,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return y if is_batch else y.squeeze(0)

    def _check_input_dim(self, input: Tensor) -> None:
        _check_rank(input, (self.ndim + 1, self.ndim + 2))

    def _check_channels(self, input: Tensor) -> None:
        dim = input.ndim - self.ndim - 1
        if input.shape[dim] == self.num_features:
            return
        if self.affine:
            raise ValueError(
                f"expected input's size at dim={dim} to match num_features ({self.num_features}), but got: "
                f"{input.shape[dim]}."
            )
        warn(
            f"input's size at dim={dim} does not match num_features. You can silence this warning by not passing in "
            "num_features, which is not used because affine=False"
        )


class InstanceNorm1d(_InstanceNorm):
    """Each channel of each sample of `[batch, channels, length]` with mean 0 and variance 1."""

    ndim = 1


class InstanceNorm2d(_InstanceNorm):
    """Each channel of each sample of `[batch, channels, height, width]` with mean 0 and variance 1."""

    ndim = 2


class InstanceNorm3d(_InstanceNorm):
    """Each channel of each sample of `[batch, channels, depth, height, width]` with mean 0 and variance 1."""

    ndim = 3


class _Scaled(Module):
    """A weight of ones and a bias of zeros, as far as there are any."""

    def _register(self, shape: tuple[int, ...], weight: bool, bias: bool, device: Any, dtype: Any) -> None:
        for name, is_there in (("weight", weight), ("bias", bias)):
            made = Parameter(empty(*shape, device=device, dtype=dtype)) if is_there else None
            self.register_parameter(name, made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Weight 1 and bias 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


def _shape(given: Any) -> tuple[int, ...]:
    return (given,) if hasattr(given, "__index__") else tuple(given)


class LayerNorm(_Scaled):
    """Mean 0 and variance 1 over the last dimensions, then scaled.

    Args:
        normalized_shape: The sizes of these dimensions.
        eps: Added to the variance.
        elementwise_affine: Whether there are a weight and a bias.
        bias: Whether there is a bias, if `elementwise_affine`.
        device: `cpu` or None.
        dtype: The parameters' dtype.
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape, self.eps = _shape(normalized_shape), eps
        self.elementwise_affine = elementwise_affine
        self._register(self.normalized_shape, elementwise_affine, elementwise_affine and bias, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        """The input normalized over its last dimensions."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Shape and options."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(_Scaled):
    """Divided by the root of the mean square over the last dimensions, then scaled; arguments as for `LayerNorm`."""

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape, self.eps = _shape(normalized_shape), eps
        self.elementwise_affine = elementwise_affine
        made = Parameter(empty(*self.normalized_shape, device=device, dtype=dtype)) if elementwise_affine else None
        self.register_parameter("weight", made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Weight 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, input: Tensor) -> Tensor:
        """The input normalized over its last dimensions."""
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """Shape and options."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(_Scaled):
    """Mean 0 and variance 1 over each group of channels of each sample, then scaled channel by channel.

    Raises:
        ValueError: The channels do not divide into the groups.
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        self._register((num_channels,), affine, affine and bias, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        """The input normalized over its groups."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Groups and options."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class LocalResponseNorm(Module):
    """Divided by a power of the mean square over neighbouring channels."""

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Tensor) -> Tensor:
        """The input normalized over neighbouring channels."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """The numbers."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
