"""torch.sparse: sparse tensors, which is not there."""

from funcgrad.torch._absent import absent as _absent

__getattr__ = _absent(__name__, "Use dense tensors, or gather and scatter_add over the index pairs.")
