"""torch.nn.utils.fusion: a convolution or linear layer that does the work of the batch norm after it.

With `scale = weight / sqrt(var + eps)` of the norm, the fused layer has `w * scale` and `(b - mean) * scale + bias`.
"""

from __future__ import annotations

import copy
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.nn.parameter import Parameter


def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Any:
    """A convolution that does what `conv` and then `bn` do in evaluation mode.

    Args:
        conv: The convolution, in evaluation mode.
        bn: The batch norm after it, likewise.
        transpose: Whether the convolution is transposed.

    Raises:
        AssertionError: One of the two is in training mode.
    """
    return _fused(conv, bn, fuse_conv_bn_weights, transpose)


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """A linear layer that does what `linear` and then `bn` do in evaluation mode.

    Args:
        linear: The linear layer, in evaluation mode.
        bn: The batch norm after it, likewise.

    Raises:
        AssertionError: One of the two is in training mode, or the norm has another number of features.
    """
    if linear.out_features != bn.num_features and bn.num_features != 1:
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
            f"linear.out_features={linear.out_features} and bn.num_features={bn.num_features}"
        )
    return _fused(linear, bn, fuse_linear_bn_weights)


def fuse_conv_bn_weights(
    conv_w: Any, conv_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any, transpose: bool = False
) -> tuple[Parameter, Parameter]:
    """Weight and bias of a convolution and the batch norm after it; what is None is zeros, or ones for `bn_w`."""
    shape = [1] * conv_w.ndim
    shape[1 if transpose else 0] = -1
    return _weights(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, shape)


def fuse_linear_bn_weights(
    linear_w: Any, linear_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any
) -> tuple[Parameter, Parameter]:
    """Weight and bias of a linear layer and the batch norm after it; what is None is zeros, or ones for `bn_w`."""
    return _weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, [-1, 1])


def _fused(layer: Any, bn: Any, fuse: Any, *options: Any) -> Any:
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must not be None")
    made = copy.deepcopy(layer)
    made.weight, made.bias = fuse(
        made.weight, made.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, *options
    )
    return made


def _weights(
    w: Any, b: Any, mean: Any, var: Any, eps: float, bn_w: Any, bn_b: Any, shape: list[int]
) -> tuple[Parameter, Parameter]:
    dtype = w.dtype if b is None else b.dtype
    b = mean.new_zeros(mean.shape) if b is None else b
    bn_w = mean.new_ones(mean.shape) if bn_w is None else bn_w
    bn_b = mean.new_zeros(mean.shape) if bn_b is None else bn_b
    rate = (var + eps).rsqrt()
    weight = w * (bn_w * rate).reshape(shape)
    bias = (b - mean) * rate * bn_w + bn_b
    return Parameter(weight.to(w.dtype).detach(), w.requires_grad), Parameter(bias.to(dtype).detach(), b.requires_grad)


__getattr__ = _missing_from(__name__)
