"""torch.nn.parallel.replicate: one module on several GPUs, which can be imported and not called."""

from funcgrad.torch._absent import absent as _absent

__getattr__ = _absent(
    __name__,
    "Train in one process with the module itself; JAX uses all cores.",
    ("_broadcast_coalesced_reshape", "replicate"),
)
