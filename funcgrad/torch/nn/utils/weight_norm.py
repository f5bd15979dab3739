"""Weight normalization by a hook that renews the weight before each call: the form before parametrizations."""

from __future__ import annotations

from typing import Any

from funcgrad.errors import warn
from funcgrad.torch._ops.weight_norms import norm_except_dim
from funcgrad.torch._ops.weight_norms import weight_norm as scaled
from funcgrad.torch.nn._module import Module
from funcgrad.torch.nn.parameter import Parameter
from funcgrad.torch.nn.utils._forward_hooks import hook_for, remove_hook

DEPRECATED = (
    "`torch.nn.utils.weight_norm` is deprecated in favor of `torch.nn.utils.parametrizations.weight_norm`."
)  # fmt: skip


class WeightNorm:
    """The hook: `weight = g * v / |v|`.

    Args:
        name: Of the weight.
        dim: The dimension whose slices have a length each; -1 for one length.
    """

    def __init__(self, name: str, dim: int) -> None:
        self.name = name
        self.dim = dim

    def compute_weight(self, module: Any) -> Any:
        """The weight from its lengths and directions."""
        return scaled(getattr(module, f"{self.name}_v"), getattr(module, f"{self.name}_g"), self.dim)

    def __call__(self, module: Any, inputs: Any) -> None:
        """Renew the weight."""
        setattr(module, self.name, self.compute_weight(module))


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Learn a weight's lengths and directions apart.

    Args:
        module: The owner.
        name: Of the weight; its parameters become `name_g` and `name_v`.
        dim: The dimension whose slices have a length each; None for one length.

    Raises:
        RuntimeError: The weight is normalized already.
    """
    warn(DEPRECATED, FutureWarning)
    if hook_for(module, WeightNorm, name) is not None:
        raise RuntimeError(f"Cannot register two weight_norm hooks on the same parameter {name}")
    hook = WeightNorm(name, -1 if dim is None else dim)
    weight = getattr(module, name)
    del module._parameters[name]
    module.register_parameter(f"{name}_g", Parameter(norm_except_dim(weight, 2, hook.dim).data))
    module.register_parameter(f"{name}_v", Parameter(weight.data))
    setattr(module, name, hook.compute_weight(module))
    module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight an ordinary parameter again.

    Raises:
        ValueError: It is not normalized.
    """
    hook = remove_hook(module, WeightNorm, name)
    if hook is None:
        raise ValueError(f"weight_norm of '{name}' not found in {module}")
    weight = hook.compute_weight(module)
    for key in (name, f"{name}_g", f"{name}_v"):
        delattr(module, key)
    setattr(module, name, Parameter(weight.data))
    return module
