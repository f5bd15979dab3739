"""DataParallel: the module itself, as PyTorch does where there is no GPU."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from funcgrad.torch.nn._module import Module

Wrapped = TypeVar("Wrapped", bound=Module)


class DataParallel(Module, Generic[Wrapped]):
    """A module whose batch would be split over GPUs; without them it is called as it is.

    Its state dict has `module.` before each name, as PyTorch's has.

    Args:
        module: The module.
        device_ids: Without effect.
        output_device: Without effect.
        dim: Without effect.
    """

    module: Module

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[int] = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """What the module gives."""
        return self.module(*inputs, **kwargs)


def data_parallel(
    module: Module,
    inputs: Any,
    device_ids: Any = None,
    output_device: Any = None,
    dim: int = 0,
    module_kwargs: dict[str, Any] | None = None,
) -> Any:
    """What the module gives for these inputs.

    Args:
        module: The module.
        inputs: Its argument, or a tuple of them.
        device_ids: Without effect.
        output_device: Without effect.
        dim: Without effect.
        module_kwargs: The module's keywords.
    """
    return module(*(inputs if isinstance(inputs, tuple) else (inputs,)), **(module_kwargs or {}))
