"""torch.multiprocessing.reductions: how tensors go to another process.

Their memory becomes a region that both processes have, and the descriptor of its file is what is sent. Plain `pickle`
copies, as before.
"""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing import reduction
from typing import Any

import numpy as np

from funcgrad.errors import missing_from as _missing_from
from funcgrad.errors import warn
from funcgrad.torch._graph import LEAF
from funcgrad.torch._layout import offset_of, own_strides
from funcgrad.torch._ops.creation import empty
from funcgrad.torch._ops.gradient import Contents
from funcgrad.torch._ops.pieces import as_strided
from funcgrad.torch._ops.storages import TypedStorage, UntypedStorage, viewed
from funcgrad.torch._order import arrange
from funcgrad.torch._processes import file_of, share_with_processes, tensor_in
from funcgrad.torch._tensor import Tensor, root_of
from funcgrad.torch._types import dtype_of
from funcgrad.torch.nn.parameter import Buffer, Parameter
from funcgrad.trace import aval_of

NON_LEAF = (
    "Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd does not support crossing "
    "process boundaries.  If you just want to transfer the data, call detach() on the tensor before serializing "
    "(e.g., putting it on the queue)."
)
HOOK = (
    "backward hook {!r} on tensor will not be serialized.  If this is expected, you can decorate the function with "
    "@torch.utils.hooks.unserializable_hook to suppress this warning"
)
OTHER_ORDER = (
    "This tensor is a view of one whose elements lie in another memory format, and such a view cannot be sent to "
    "another process. Send x.contiguous(), or share the tensor that it is a view of."
)

_Reduced = tuple[Callable[..., Any], tuple[Any, ...]]


def reduce_tensor(tensor: Tensor) -> _Reduced:
    """How a tensor is pickled for another process: by its memory; hooks and attributes stay behind.

    Raises:
        RuntimeError: The tensor is a result that requires grad.
    """
    if tensor.requires_grad and not tensor.is_leaf:
        raise RuntimeError(NON_LEAF)
    for hook in () if tensor._hooks is None else tensor._hooks.before.values():
        warn(HOOK.format(hook))
    kind = Parameter if isinstance(tensor, Parameter) else Tensor
    if tensor.is_meta:
        return _without_data, (kind, tuple(tensor.shape), tensor._aval.dtype, tensor.requires_grad)
    share_with_processes(tensor._storage)
    if tensor._base is None:
        return _rebuilt, (kind, tensor.requires_grad, *_region_of(tensor))
    base = root_of(tensor)
    if hasattr(base._storage, "order"):
        raise NotImplementedError(OTHER_ORDER)
    layout = tensor._aval.dtype, tuple(tensor.shape), own_strides(tensor), offset_of(tensor)
    return _rebuilt_view, (kind, tensor.requires_grad, layout, *_region_of(base))


def reduce_storage(storage: TypedStorage | UntypedStorage) -> _Reduced:
    """How a storage is pickled for another process: by its memory."""
    share_with_processes(storage._base._storage)
    return _rebuilt_storage, (type(storage), *_region_of(storage._base))


def init_reductions() -> None:
    """Let the pickler of `multiprocessing` share tensors and storages."""
    for kind in (Tensor, Parameter, Buffer):
        reduction.ForkingPickler.register(kind, reduce_tensor)
    reduction.ForkingPickler.register(Contents, lambda contents: reduce_tensor(contents.tensor))
    for kind in (TypedStorage, UntypedStorage):
        reduction.ForkingPickler.register(kind, reduce_storage)


def _region_of(base: Tensor) -> tuple[Any, ...]:
    """What another process needs to look at the same memory."""
    storage = base._storage
    file = reduction.DupFd(file_of(storage))
    return file, base._aval.shape, base._aval.dtype, getattr(storage, "order", None)


def _whole(file: Any, shape: tuple[int, ...], kind: np.dtype[Any], order: tuple[int, ...] | None) -> Tensor:
    return arrange(tensor_in(file.detach(), aval_of(shape, kind)), order)


def _rebuilt(kind: type[Tensor], requires_grad: bool, *region: Any) -> Tensor:
    return _of_kind(kind, _whole(*region), requires_grad)


def _rebuilt_view(kind: type[Tensor], requires_grad: bool, layout: Any, *region: Any) -> Tensor:
    wanted, size, stride, offset = layout
    flat = viewed(UntypedStorage(_whole(*region)), dtype_of(wanted))
    return _of_kind(kind, as_strided(flat, size, stride, offset), requires_grad)


def _rebuilt_storage(kind: type[UntypedStorage], *region: Any) -> UntypedStorage:
    return kind(_whole(*region))


def _without_data(kind: type[Tensor], shape: tuple[int, ...], wanted: np.dtype[Any], requires_grad: bool) -> Tensor:
    return _of_kind(kind, empty(shape, dtype=dtype_of(wanted), device="meta"), requires_grad)


def _of_kind(kind: type[Tensor], made: Tensor, requires_grad: bool) -> Tensor:
    if kind is Parameter:
        return Parameter(made, requires_grad)
    if requires_grad:
        made._edge = LEAF
    return made


__getattr__ = _missing_from(__name__)
