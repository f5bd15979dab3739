"""torch.fx.experimental.proxy_tensor: whether PyTorch's compiler traces: it never does."""

from __future__ import annotations

from funcgrad.errors import missing_from as _missing_from


def get_proxy_mode() -> None:
    """The mode in which a program is traced: none."""


__getattr__ = _missing_from(__name__)
