"""torch.nn.utils.parametrizations: weights by length and direction, of spectral norm one, orthogonal."""

from __future__ import annotations

from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._ops.weight_norms import norm_except_dim
from funcgrad.torch._ops.weight_norms import weight_norm as scaled
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.nn._module import Module
from funcgrad.torch.nn.functional import normalize
from funcgrad.torch.nn.utils._orthogonal import Orthogonal, map_for
from funcgrad.torch.nn.utils._power_iteration import default_dim, iterate, matrix_of, start_vectors
from funcgrad.torch.nn.utils.parametrize import register_parametrization

WARM_UP = 15  # iterations before the first use


class _WeightNorm(Module):
    """A weight as lengths times directions."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        """The weight."""
        return scaled(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Lengths and directions."""
        return norm_except_dim(weight, 2, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int = 0) -> Module:
    """Learn a weight's lengths and directions apart: `w = g * v / |v|`.

    Args:
        module: The owner.
        name: Of the weight.
        dim: The dimension whose slices have a length each; None for one length.

    Source: Salimans and Kingma, Weight Normalization, 2016.
    """
    return register_parametrization(module, name, _WeightNorm(dim), unsafe=True)


class _SpectralNorm(Module):
    """A weight divided by an estimate of its largest singular value, which gets better with every look in training."""

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        if not -weight.ndim <= dim < weight.ndim:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [-{weight.ndim}, {weight.ndim - 1}] but got {dim})"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim = dim % weight.ndim
        self.eps = eps
        if weight.ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = matrix_of(weight.detach(), self.dim)
            for key, vector in zip(("_u", "_v"), start_vectors(matrix, eps), strict=True):
                self.register_buffer(key, vector)
            iterate(matrix, self._u, self._v, WARM_UP, eps, first="u")

    def forward(self, weight: Tensor) -> Tensor:
        """The weight, divided."""
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = matrix_of(weight, self.dim)
        if self.training:
            iterate(matrix, self._u, self._v, self.n_power_iterations, self.eps, first="u")
        u, v = self._u.clone(), self._v.clone()  # a later look changes the buffers
        return weight / u.vdot(matrix.mv(v))

    def right_inverse(self, value: Tensor) -> Tensor:
        """The weight itself."""
        return value


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Divide a weight by its largest singular value, found by power iteration.

    Args:
        module: The owner.
        name: Of the weight.
        n_power_iterations: How many for each look at the weight in training.
        eps: Added where a norm is divided by.
        dim: The dimension of the outputs; by default 1 for transposed convolutions, else 0.

    Raises:
        ValueError: No such weight, or no iterations.

    Source: Miyato et al., Spectral Normalization for Generative Adversarial Networks, 2018.
    """
    weight = _tensor_of(module, name)
    dim = default_dim(module) if dim is None else dim
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))


def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Module:
    """Keep the rows or columns of a weight orthonormal.

    Args:
        module: The owner.
        name: Of the weight.
        orthogonal_map: "matrix_exp", "cayley" or "householder"; by default the first for square matrices, else the
            last.
        use_trivialization: Start from the weight as it is, made orthogonal.

    Raises:
        ValueError: No such weight, a vector, or a map that is not known.
    """
    weight = _tensor_of(module, name)
    if weight.ndim < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions.")
    chosen = Orthogonal(weight, map_for(weight, orthogonal_map), use_trivialization=use_trivialization)
    return register_parametrization(module, name, chosen, unsafe=True)


def _tensor_of(module: Module, name: str) -> Any:
    found = getattr(module, name, None)
    if not isinstance(found, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return found


__getattr__ = _missing_from(__name__)
