"""torch.quantization: integer arithmetic in models, which is not there; the marks of where it would be are."""

from funcgrad.torch._absent import absent as _absent
from funcgrad.torch.quantization.stubs import DeQuantStub as DeQuantStub
from funcgrad.torch.quantization.stubs import QuantStub as QuantStub

__getattr__ = _absent(__name__, "Train in float32 or bfloat16 and quantize where PyTorch is installed.")
