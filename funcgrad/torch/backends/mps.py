"""torch.backends.mps: Apple's GPUs, which are not used."""

from funcgrad.errors import missing_from as _missing_from


def is_available() -> bool:
    """Whether tensors can live on an Apple GPU."""
    return False


def is_built() -> bool:
    """Whether this build could use one."""
    return False


def is_macos13_or_newer(minor: int = 0) -> bool:
    """Whether the operating system is recent enough: never asked for."""
    return False


__getattr__ = _missing_from(__name__)
