"""torch.utils._device: blocks in which new tensors live on a device, which libraries import."""

from __future__ import annotations

from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._types import device as _device

CURRENT_DEVICE = None


class DeviceContext:
    """A block in which new tensors live on a device, as in `with torch.device(...)`.

    Args:
        device: The device.
    """

    def __init__(self, device: Any) -> None:
        self.device = _device(device)

    def __enter__(self) -> DeviceContext:
        self.device.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self.device.__exit__(*exception)


__getattr__ = _missing_from(__name__)
