"""torch.nn.grad: gradients of convolutions by themselves, for backward passes that are written by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from funcgrad.torch._grad_mode import enable_grad, is_grad_enabled
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.autograd import grad
from funcgrad.torch.nn.functional import conv1d, conv2d, conv3d

Sizes = int | Sequence[int]


def _input_gradient(convolution: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def gradient(
        input_size: Sequence[int],
        weight: Tensor,
        grad_output: Tensor,
        stride: Sizes = 1,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        groups: int = 1,
    ) -> Tensor:
        input = weight.new_zeros(input_size).requires_grad_()
        return _pulled_back(convolution, input, weight, input, grad_output, (stride, padding, dilation, groups))

    return _named(gradient, convolution, "input")


def _weight_gradient(convolution: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def gradient(
        input: Tensor,
        weight_size: Sequence[int],
        grad_output: Tensor,
        stride: Sizes = 1,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        groups: int = 1,
    ) -> Tensor:
        weight = input.new_zeros(weight_size).requires_grad_()
        return _pulled_back(convolution, input, weight, weight, grad_output, (stride, padding, dilation, groups))

    return _named(gradient, convolution, "weight")


def _pulled_back(
    convolution: Callable[..., Tensor],
    input: Tensor,
    weight: Tensor,
    source: Tensor,
    grad_output: Tensor,
    geometry: tuple[Any, ...],
) -> Tensor:
    """The gradient of `source`, one of the two factors: it is linear in the other one, whatever `source` holds."""
    with enable_grad():
        output = convolution(input, weight, None, *geometry)
    (gradient,) = grad(output, source, grad_output, create_graph=is_grad_enabled())
    assert gradient is not None  # every convolution depends on both factors
    return gradient


def _named(gradient: Callable[..., Tensor], convolution: Callable[..., Tensor], factor: str) -> Callable[..., Tensor]:
    gradient.__name__ = gradient.__qualname__ = f"{convolution.__name__}_{factor}"
    gradient.__doc__ = f"""The gradient of {convolution.__name__} with respect to its {factor}.

    Args: the {factor}'s size in the {factor}'s place, the other factor, the gradient of the output, and the
    convolution's own arguments.
    """
    return gradient


conv1d_input, conv2d_input, conv3d_input = map(_input_gradient, (conv1d, conv2d, conv3d))
conv1d_weight, conv2d_weight, conv3d_weight = map(_weight_gradient, (conv1d, conv2d, conv3d))
