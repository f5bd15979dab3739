"""torch.nn.quantized: layers of integers, which can be imported and not used."""

from funcgrad.torch._absent import absent as _absent

__getattr__ = _absent(
    __name__,
    "Train in float32 or bfloat16 and quantize where PyTorch is installed.",
    ("BatchNorm2d", "Conv2d", "DeQuantize", "FloatFunctional", "Linear", "Quantize", "ReLU6"),
)
