"""DistributedDataParallel: the module itself, as the only process of its group calls it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.distributed import get_world_size
from funcgrad.torch.nn._module import Module

_NOTHING_TO_TRAIN = (
    "DistributedDataParallel is not needed when a module doesn't have any parameter that requires a gradient."
)


class DistributedDataParallel(Module):
    """A module whose gradients would be averaged over processes; alone it is called as it is.

    Its state dict has `module.` before each name, as PyTorch's has.

    Args:
        module: The module.
        device_ids: None, as there is no GPU.
        output_device: None.
        dim: Without effect.
        options: How gradients and buffers would be exchanged: without effect.

    Raises:
        ValueError: There is no process group, or a GPU is asked for.
        RuntimeError: The module has nothing to train.
    """

    module: Module

    def __init__(
        self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0, **options: Any
    ) -> None:
        super().__init__()
        get_world_size()
        parameters = [p for p in module.parameters() if p.requires_grad]
        if not parameters:
            raise RuntimeError(_NOTHING_TO_TRAIN)
        if device_ids or output_device is not None:
            places = {p.device for p in parameters}
            raise ValueError(
                "DistributedDataParallel device_ids and output_device arguments only work with "
                "single-device/multiple-device GPU modules or CPU modules, but got device_ids "
                f"{device_ids}, output_device {output_device}, and module parameters {places}."
            )
        self.module = module
        self.device_ids = self.output_device = None

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """What the module gives."""
        return self.module(*inputs, **kwargs)

    @contextmanager
    def no_sync(self) -> Generator[None]:
        """A block whose gradients stay with this process, as they do anyway."""
        yield

    @contextmanager
    def join(self, *args: Any, **kwargs: Any) -> Generator[None]:
        """A block in which processes may have batches of different numbers."""
        yield


__getattr__ = _missing_from(__name__)
