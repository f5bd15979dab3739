"""torch.fx: graphs of modules, which is not there."""

from funcgrad.torch._absent import absent as _absent

__getattr__ = _absent(__name__, "Look at a step with funcgrad.functionalize and jax.make_jaxpr.")
