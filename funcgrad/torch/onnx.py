"""torch.onnx: exporting a model, which is not there."""

from funcgrad.torch._absent import absent as _absent


def is_in_onnx_export() -> bool:
    """Whether a model is being exported: never."""
    return False


__getattr__ = _absent(__name__, "Save model.state_dict() with torch.save and export it where PyTorch is installed.")
