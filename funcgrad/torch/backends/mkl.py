"""torch.backends.mkl: a library of PyTorch's CPU build, which XLA stands in for."""

from funcgrad.errors import missing_from as _missing_from


def is_available() -> bool:
    """Whether it can be used: XLA does its work."""
    return False


__getattr__ = _missing_from(__name__)
