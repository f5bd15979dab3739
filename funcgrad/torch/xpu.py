"""torch.xpu: Intel's GPUs, of which there is none here."""

from funcgrad.errors import missing_from as _missing_from


def is_available() -> bool:
    """Whether tensors can live on an Intel GPU."""
    return False


def device_count() -> int:
    """Number of Intel GPUs."""
    return 0


def manual_seed(seed: int) -> None:
    """Seed the GPU's generator: nothing to do."""


def manual_seed_all(seed: int) -> None:
    """Seed all GPUs' generators: nothing to do."""


def empty_cache() -> None:
    """Give memory back: nothing to do."""


__getattr__ = _missing_from(__name__)
