"""torch.nn.parallel.parallel_apply: replicas that run at once, which can be imported and not called."""

from funcgrad.torch._absent import absent as _absent

__getattr__ = _absent(
    __name__, "Train in one process with the module itself; JAX uses all cores.", ("get_a_var", "parallel_apply")
)
