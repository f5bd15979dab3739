"""torch.backends.cpu: what the processor can do."""

from funcgrad.errors import missing_from as _missing_from


def get_cpu_capability() -> str:
    """The instruction set: XLA chooses it."""
    return "DEFAULT"


__getattr__ = _missing_from(__name__)
