"""torch._dynamo._trace_wrapped_higher_order_op: the mode in which mapped tensors index tensors, as they do anyway."""

from __future__ import annotations

from contextlib import nullcontext as _nullcontext

from funcgrad.errors import missing_from as _missing_from


class TransformGetItemToIndex(_nullcontext[None]):
    """A block in which `x[i]` takes a number that `torch.vmap` maps over."""


__getattr__ = _missing_from(__name__)
