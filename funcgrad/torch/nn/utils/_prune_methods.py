"""Pruning rules: each chooses, of the elements of a tensor that are left, those that stay."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any

from funcgrad.torch._ops.copying import clone
from funcgrad.torch._ops.creation import ones, zeros
from funcgrad.torch._ops.extremes import kthvalue
from funcgrad.torch._ops.order import topk
from funcgrad.torch._ops.random import rand
from funcgrad.torch._tensor import Tensor


class BasePruningMethod(ABC):
    """A rule; also the forward pre-hook that applies its mask."""

    _tensor_name: str
    PRUNING_TYPE = ""

    def __call__(self, module: Any, inputs: Any) -> None:
        """Make the pruned tensor anew."""
        setattr(module, self._tensor_name, self.apply_mask(module))

    @abstractmethod
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask: `default_mask`, with further zeros."""

    def apply_mask(self, module: Any) -> Tensor:
        """The pruned tensor of a module."""
        original = getattr(module, f"{self._tensor_name}_orig")
        return getattr(module, f"{self._tensor_name}_mask").to(dtype=original.dtype) * original

    @classmethod
    def apply(cls, module: Any, name: str, *args: Any, importance_scores: Tensor | None = None, **kwargs: Any) -> Any:
        """Prune a parameter, which may be pruned already.

        Args:
            module: The owner.
            name: Of the parameter.
            args: Of the rule.
            importance_scores: What the rule looks at in place of the parameter, in the same shape.
            kwargs: Of the rule.

        Returns:
            The hook on the module.
        """
        method, is_first = _joined(module, name, cls(*args, **kwargs))
        original = getattr(module, name)
        if importance_scores is not None and importance_scores.shape != original.shape:
            raise AssertionError(f"importance_scores should have the same shape as parameter {name} of {module}")
        if is_first:
            mask = method.compute_mask(_scores(importance_scores, original), ones(original.shape, dtype=original.dtype))
            del module._parameters[name]
            module.register_parameter(f"{name}_orig", original)
        else:
            before = clone(getattr(module, f"{name}_mask").detach())
            mask = method.compute_mask(_scores(importance_scores, original), before)
        module.register_buffer(f"{name}_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None) -> Tensor:
        """A tensor pruned by this rule; no module has a part in it."""
        mask = ones(t.shape, dtype=t.dtype) if default_mask is None else default_mask
        return t * self.compute_mask(_scores(importance_scores, t), mask)

    def remove(self, module: Any) -> None:
        """Let the pruned tensor be an ordinary parameter of the module; the hook is the caller's to remove."""
        name = self._tensor_name
        weight, original = self.apply_mask(module), module._parameters.pop(f"{name}_orig")
        original.data = weight.data
        del module._buffers[f"{name}_mask"]
        if hasattr(module, name):
            delattr(module, name)
        setattr(module, name, original)


def _scores(given: Tensor | None, x: Tensor) -> Tensor:
    return (x if given is None else given).detach()


def _joined(module: Any, name: str, method: BasePruningMethod) -> tuple[Any, bool]:
    """The hook that carries the rule: itself, or a container with what pruned the parameter before."""
    method._tensor_name = name
    for key, hook in list(module._forward_pre_hooks.items()):
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            del module._forward_pre_hooks[key]
            container = hook if isinstance(hook, PruningContainer) else PruningContainer(hook)
            container.add_pruning_method(method)
            return container, False
    return method, True


class PruningContainer(BasePruningMethod):
    """Several rules for one parameter; the last one chooses among what the others have left."""

    def __init__(self, *args: Any) -> None:
        methods = args[0] if len(args) == 1 and not isinstance(args[0], BasePruningMethod) else args
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        for method in methods:
            self._tensor_name = method._tensor_name
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod) -> None:
        """Add a rule.

        Raises:
            TypeError: It is none.
            ValueError: It is for another parameter.
        """
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if self._tensor_name != method._tensor_name:
            raise ValueError(
                "Can only add pruning methods acting on the parameter named "
                f"'{self._tensor_name}' to PruningContainer {self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, index: int) -> BasePruningMethod:
        return self._pruning_methods[index]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask of the rules before, with what the last one prunes of the rest."""
        method, mask = self._pruning_methods[-1], default_mask.to(dtype=t.dtype)
        if method.PRUNING_TYPE == "unstructured":
            left: Any = mask == 1
        elif method.PRUNING_TYPE == "structured":
            dim = method.dim % t.ndim  # pyright: ignore[reportAttributeAccessIssue]
            kept = mask.sum([i for i in range(t.ndim) if i != dim]) != 0
            left = (*(slice(None) for _ in range(dim)), kept)
        elif method.PRUNING_TYPE == "global":
            left = (slice(None),) * t.ndim
        else:
            raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
        mask[left] = method.compute_mask(t[left], mask[left]).to(mask.dtype)
        return mask


class Identity(BasePruningMethod):
    """Nothing is pruned."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask as it was."""
        return default_mask


class CustomFromMask(BasePruningMethod):
    """The user's mask."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Both masks together."""
        return default_mask * self.mask.to(dtype=default_mask.dtype)


class _Amount(BasePruningMethod):
    """A rule that prunes a number or a part of the elements."""

    def __init__(self, amount: float) -> None:
        if not isinstance(amount, Real):
            raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
        if amount < 0 or (not isinstance(amount, Integral) and amount > 1):
            raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")
        self.amount = amount

    def count(self, total: int) -> int:
        """How many of `total` are pruned."""
        if not isinstance(self.amount, Integral):
            return round(self.amount * total)
        if self.amount > total:
            raise ValueError(f"amount={self.amount} should be smaller than the number of parameters to prune={total}")
        return int(self.amount)


class RandomUnstructured(_Amount):
    """Elements drawn at random."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask with as many zeros more as draws are largest."""
        return _zeroed(default_mask, rand(t.shape, dtype=t.dtype), self.count(t.nelement()), largest=True)


class L1Unstructured(_Amount):
    """Elements of least magnitude."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask with zeros where the magnitude is least."""
        return _zeroed(default_mask, t.abs(), self.count(t.nelement()), largest=False)


def _zeroed(mask: Tensor, scores: Tensor, count: int, largest: bool) -> Tensor:
    mask = clone(mask)
    if count:
        mask.view(-1)[topk(scores.view(-1), count, largest=largest).indices] = 0
    return mask


class RandomStructured(_Amount):
    """Slices drawn at random."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, dim: int = -1) -> None:
        super().__init__(amount)
        self.dim = dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask with zeros in the slices of the smallest draws."""
        total = t.shape[self.dim]
        count, draws = self.count(total), rand(total)
        if not count:
            return default_mask
        return _sliced(default_mask, self.dim, draws > kthvalue(draws, count).values)


class LnStructured(_Amount):
    """Slices of least norm."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, n: Any, dim: int = -1) -> None:
        super().__init__(amount)
        self.n, self.dim = n, dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask with zeros in all slices but those of largest norm."""
        total, dim = t.shape[self.dim], self.dim % t.ndim
        count = self.count(total)
        if not count:
            return default_mask
        norms = t.norm(p=self.n, dim=[i for i in range(t.ndim) if i != dim])
        return _sliced(default_mask, dim, topk(norms, total - count).indices)


def _sliced(mask: Tensor, dim: int, kept: Tensor) -> Tensor:
    """The mask with zeros in all slices along `dim` but those kept."""
    chosen = zeros(mask.shape, dtype=mask.dtype)
    chosen[(*(slice(None) for _ in range(dim % mask.ndim)), kept)] = 1
    return chosen * mask
