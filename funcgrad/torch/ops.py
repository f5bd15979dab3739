"""torch.ops: operators by their internal names, which is not there."""

from funcgrad.torch._absent import absent as _absent

__getattr__ = _absent(__name__, "Call the operator under its public name.")
