"""torch.utils._foreach_utils: tensors in groups of one dtype, as optimizers by other people take them."""

from __future__ import annotations

from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import device, dtype

__all__: list[str] = []

Groups = dict[tuple[device, dtype], tuple[list[list[Any]], list[int]]]


def _group_tensors_by_device_and_dtype(tensorlistlist: list[list[Any]], with_indices: bool = False) -> Groups:
    """Lists of equal length, split alike by where the tensors of the first are and of what dtype.

    Returns:
        For each device and dtype its part of every list, and, if asked for, the places where these stood.
    """
    groups: Groups = {}
    for k, first in enumerate(tensorlistlist[0]):
        lists, indices = groups.setdefault((first.device, first.dtype), ([[] for _ in tensorlistlist], []))
        for part, whole in zip(lists, tensorlistlist, strict=True):
            if whole:
                part.append(whole[k])
        if with_indices:
            indices.append(k)
    return groups


def _get_foreach_kernels_supported_devices() -> list[str]:
    return ["cuda", "xpu", "mtia"]


def _get_fused_kernels_supported_devices() -> list[str]:
    return ["mps", "cuda", "xpu", "hpu", "cpu", "mtia"]


def _device_has_foreach_support(device: device) -> bool:
    return device.type in (*_get_foreach_kernels_supported_devices(), "cpu")


def _has_foreach_support(tensors: list[Any], device: device) -> bool:
    return _device_has_foreach_support(device) and all(t is None or type(t) is Tensor for t in tensors)


__getattr__ = _missing_from(__name__)
