"""torch._tensor_str: a tensor's numbers as text, and the options of the text."""

from __future__ import annotations

from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch import _printing


class _Options:
    """The options as they are now; `torch.set_printoptions` changes them."""

    def __getattr__(self, name: str) -> Any:
        return getattr(_printing.options(), name)


PRINT_OPTS = _Options()


def _tensor_str(self: Any, indent: int) -> str:
    """The numbers of a tensor, with its continuation lines indented."""
    return _printing.numbers_text(self.detach().numpy(), indent)


__getattr__ = _missing_from(__name__)
