"""torch.quantization.qconfig: how to quantize, which can be imported and not used."""

from funcgrad.torch._absent import absent as _absent

__getattr__ = _absent(
    __name__,
    "Train in float32 or bfloat16 and quantize where PyTorch is installed.",
    ("QConfig", "QConfigDynamic", "default_qconfig", "get_default_qat_qconfig", "get_default_qconfig"),
)
