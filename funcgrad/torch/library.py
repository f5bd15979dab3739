"""torch.library: operators of one's own, which is not there."""

from funcgrad.torch._absent import absent as _absent

__getattr__ = _absent(__name__, "Write a torch.autograd.Function.")
