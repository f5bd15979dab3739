"""What normalizations refuse, in PyTorch's words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from funcgrad.torch._grad_mode import state
from funcgrad.torch._ops.promotion import scalar_name

_NAMES = {"m": "running_mean", "v": "running_var", "w": "weight", "b": "bias"}


def _check_dtypes(x: Any, others: Sequence[Any], kernel: str) -> None:
    if x.dtype.kind in "biu":
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_name(x.dtype)}'")
    if all(other.dtype == x.dtype for other in others):
        return
    if x.dtype == np.float64:
        raise RuntimeError("mixed dtype (CPU): all inputs must share same datatype.")
    if any(other.dtype != np.float32 for other in others):
        raise RuntimeError("mixed dtype (CPU): expect parameter to have scalar type of Float")


def batch_norm(x: Any, given: str, others: Sequence[Any], training: bool) -> None:
    """Refuse statistics, weights and biases that do not fit; `given` has a letter of "mvwb" for each.

    Raises:
        RuntimeError: PyTorch's text.
        NotImplementedError: The elements are integers.
    """
    channels(x, given, others)
    _check_dtypes(x, others, "batch_norm")


def channels(x: Any, given: str, others: Sequence[Any]) -> None:
    """Refuse those of `batch_norm` that are not of one number for each channel.

    Raises:
        RuntimeError: PyTorch's text.
    """
    count = x.shape[1] if len(x.shape) > 1 else 0
    for letter, other in zip(given, others, strict=True):
        if other.size != count:
            raise RuntimeError(f"{_NAMES[letter]} should contain {count} elements not {other.size}")


def no_gradient(**statistics: Any) -> None:
    """Refuse running statistics that require grad.

    Raises:
        RuntimeError: PyTorch's text.
    """
    for name, x in statistics.items():
        if x is not None and x.requires_grad and state.grad:
            raise RuntimeError(
                f"The function 'native_batch_norm' is not differentiable with respect to argument '{name}'. This input "
                "cannot have requires_grad True."
            )


def several_values(shape: Sequence[int]) -> None:
    """Refuse to train with one value per channel.

    Raises:
        ValueError: PyTorch's text.
    """
    if shape[0] * math.prod(shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {shape}")


def several_elements(shape: Sequence[int]) -> None:
    """Refuse to normalize single elements.

    Raises:
        ValueError: PyTorch's text.
    """
    if math.prod(shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 spatial element when training, got input size {shape}")


def sizes_of(shape: Any, name: str) -> tuple[int, ...]:
    """The normalized shape.

    Raises:
        TypeError: It is a number.
    """
    if isinstance(shape, int):
        raise TypeError(f"{name}(): argument 'normalized_shape' (position 2) must be tuple of ints, not int")
    return tuple([int(s) for s in shape])


def layer_norm(x: Any, shape: tuple[int, ...], given: str, others: Sequence[Any], kernel: str, stars: str) -> None:
    """Refuse an input that does not end in the normalized shape, and weights and biases of other shapes.

    Raises:
        RuntimeError: PyTorch's text.
        NotImplementedError: The elements are integers.
    """
    wanted = list(shape)
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
            "normalized_shape = []"
        )
    for letter, other in zip(given, others, strict=True):
        if other.shape != shape:
            name = _NAMES[letter]
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(other.shape)} and normalized_shape = {wanted}"
            )
    if x.shape[-len(shape) :] != shape:
        inside = ", ".join(map(str, shape))
        raise RuntimeError(
            f"Given normalized_shape={wanted}, expected input with shape [{stars}{inside}], but got input of "
            f"size{list(x.shape)}"
        )
    _check_dtypes(x, others if kernel != "rms_norm" else (), kernel)


def group_values(shape: Sequence[int], groups: int) -> None:
    """Refuse shapes that leave one value for each group.

    Raises:
        RuntimeError: There is no channel dimension.
        ValueError: There is one value for each group.
    """
    if len(shape) < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {len(shape)}")
    seen = [shape[0] * shape[1] // groups, groups, *shape[2:]]
    if seen[0] * math.prod(seen[2:]) == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {list(shape)}")


def group_norm(x: Any, groups: int, given: str, others: Sequence[Any]) -> None:
    """Refuse groups, weights and biases that do not fit the channels.

    Raises:
        RuntimeError: PyTorch's text.
        NotImplementedError: The elements are integers.
    """
    shape = list(x.shape)
    if x.shape[1] % groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{shape} and num_groups={groups}"
        )
    for letter, other in zip(given, others, strict=True):
        if other.shape != (x.shape[1],):
            name = _NAMES[letter]
            shown = list(others[0].shape) if "w" in given else [0]  # PyTorch shows the weight's, whichever is wrong
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of "
                f"shape {shown} and input of shape {shape}"
            )
    _check_dtypes(x, others, "GroupNormKernelImpl")


def eps(given: float, training: bool) -> None:
    """Refuse what batch_norm cannot add to a variance.

    Raises:
        ValueError: A negative number; 0 in training.
    """
    if given < 0 or (training and given == 0):
        wanted = "positive during training" if training else "non-negative"
        raise ValueError(f"batch_norm eps must be {wanted}, but got {float(given)}")
