"""torch.utils.model_zoo: weights from the internet, which is not there."""

from funcgrad.torch._absent import absent as _absent

__getattr__ = _absent(__name__, "Download the file yourself and load it with torch.load(path).")
