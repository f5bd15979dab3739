"""SyncBatchNorm: batch normalization over several processes, of which there is one."""

from __future__ import annotations

from typing import Any

from funcgrad.torch._tensor import Tensor
from funcgrad.torch.nn._module import Module
from funcgrad.torch.nn._normalization import _BatchNorm


class SyncBatchNorm(_BatchNorm):
    """Each channel of a batch with mean 0 and variance 1, then scaled; arguments as for `BatchNorm2d`.

    Args:
        process_group: Without effect: the batch of one process is the whole batch.
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        process_group: Any = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype)
        self.process_group = process_group

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim < 2:
            raise ValueError(f"expected at least 2D input (got {input.ndim}D input)")

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: Any = None) -> Module:
        """The module with each batch normalization in it replaced; parameters and statistics are kept.

        Args:
            module: Is changed, unless it is a batch normalization itself.
            process_group: As for the class.
        """
        if isinstance(module, _BatchNorm) and not isinstance(module, cls):
            return cls._converted(module, process_group)
        for name, child in module.named_children():
            module.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return module

    @classmethod
    def _converted(cls, module: _BatchNorm, process_group: Any) -> Module:
        how = (module.eps, module.momentum, module.affine, module.track_running_stats)
        made = cls(module.num_features, *how, process_group)
        made._parameters.update(module._parameters)
        made._buffers.update(module._buffers)
        made.training = module.training
        return made
