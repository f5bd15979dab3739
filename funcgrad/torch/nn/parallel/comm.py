"""torch.nn.parallel.comm: copies between GPUs, which can be imported and not called."""

from funcgrad.torch._absent import absent as _absent

__getattr__ = _absent(
    __name__,
    "Train in one process with the module itself; JAX uses all cores.",
    ("broadcast", "broadcast_coalesced", "gather", "reduce_add", "reduce_add_coalesced", "scatter"),
)
