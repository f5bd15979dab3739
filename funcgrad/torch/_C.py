"""torch._C: of PyTorch's compiled part what libraries call at the side."""

from funcgrad.errors import missing_from as _missing_from

__all__: list[str] = []


def _log_api_usage_once(event: str) -> None:
    """Count nothing: PyTorch counts who uses what, where its builder asked for it."""


__getattr__ = _missing_from(__name__)
