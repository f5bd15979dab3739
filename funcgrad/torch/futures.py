"""torch.futures: results of other processes, which is not there."""

from funcgrad.torch._absent import absent as _absent

__getattr__ = _absent(__name__, "Train in one process.")
