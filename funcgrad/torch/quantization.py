"""torch.quantization: integer arithmetic in models, which is not there."""

from funcgrad.torch._absent import absent as _absent

__getattr__ = _absent(__name__, "Train in float32 or bfloat16 and quantize where PyTorch is installed.")
