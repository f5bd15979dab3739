"""Spectral normalization by a hook that renews the weight before each call: the form before parametrizations."""

from __future__ import annotations

from typing import Any

from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch.nn._module import Module
from funcgrad.torch.nn.parameter import Parameter
from funcgrad.torch.nn.utils._forward_hooks import hook_for, remove_hook
from funcgrad.torch.nn.utils._power_iteration import default_dim, iterate, matrix_of, start_vectors


class SpectralNorm:
    """The hook: `weight = weight_orig / sigma`.

    Args:
        name: Of the weight.
        n_power_iterations: How many for each call in training.
        dim: The dimension of the outputs.
        eps: Added where a norm is divided by.

    Raises:
        ValueError: No iterations.
    """

    def __init__(self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.name = name
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps

    def compute_weight(self, module: Any, do_power_iteration: bool) -> Any:
        """The weight divided by the estimate of its largest singular value, which is made better first if asked."""
        weight, u, v = (getattr(module, f"{self.name}_{part}") for part in ("orig", "u", "v"))
        matrix = matrix_of(weight, self.dim)
        if do_power_iteration:
            iterate(matrix, u, v, self.n_power_iterations, self.eps, first="v")
            u, v = u.clone(), v.clone()  # a later call changes the buffers
        return weight / u.dot(matrix.mv(v))

    def __call__(self, module: Any, inputs: Any) -> None:
        """Renew the weight."""
        setattr(module, self.name, self.compute_weight(module, do_power_iteration=module.training))


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Divide a weight by its largest singular value, found by power iteration.

    Args:
        module: The owner.
        name: Of the weight; its parameter becomes `name_orig`.
        n_power_iterations: How many for each call in training.
        eps: Added where a norm is divided by.
        dim: The dimension of the outputs; by default 1 for transposed convolutions, else 0.

    Raises:
        RuntimeError: The weight is normalized already.
        ValueError: No iterations, or the parameter is None.
    """
    if hook_for(module, SpectralNorm, name) is not None:
        raise RuntimeError(f"Cannot register two spectral_norm hooks on the same parameter {name}")
    hook = SpectralNorm(name, n_power_iterations, default_dim(module) if dim is None else dim, eps)
    weight: Any = module._parameters[name]
    if weight is None:
        raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
    with no_grad():
        u, v = start_vectors(matrix_of(weight, hook.dim), eps)
    delattr(module, name)
    module.register_parameter(f"{name}_orig", weight)
    setattr(module, name, weight.data)
    module.register_buffer(f"{name}_u", u)
    module.register_buffer(f"{name}_v", v)
    module.register_forward_pre_hook(hook)
    return module


def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight, divided, an ordinary parameter again.

    Raises:
        ValueError: It is not normalized.
    """
    hook = remove_hook(module, SpectralNorm, name)
    if hook is None:
        raise ValueError(f"spectral_norm of '{name}' not found in {module}")
    with no_grad():
        weight = hook.compute_weight(module, do_power_iteration=False)
    for key in (name, f"{name}_u", f"{name}_v", f"{name}_orig"):
        delattr(module, key)
    module.register_parameter(name, Parameter(weight.detach()))
    return module
