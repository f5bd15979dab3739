"""torch.nn.parallel._functions: copies between GPUs that gradients go through, which can be imported and not called."""

from funcgrad.torch._absent import absent as _absent

__getattr__ = _absent(
    __name__,
    "Train in one process with the module itself; JAX uses all cores.",
    ("Broadcast", "Gather", "ReduceAddCoalesced", "Scatter"),
)
