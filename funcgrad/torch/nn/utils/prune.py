"""torch.nn.utils.prune: parameters of which some elements are held at 0 by a mask.

A pruned `name` is `name_orig * name_mask`, made anew by a forward pre-hook. The rules that choose: `_prune_methods.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.nn.utils._prune_methods import BasePruningMethod as BasePruningMethod
from funcgrad.torch.nn.utils._prune_methods import CustomFromMask as CustomFromMask
from funcgrad.torch.nn.utils._prune_methods import Identity as Identity
from funcgrad.torch.nn.utils._prune_methods import L1Unstructured as L1Unstructured
from funcgrad.torch.nn.utils._prune_methods import LnStructured as LnStructured
from funcgrad.torch.nn.utils._prune_methods import PruningContainer as PruningContainer
from funcgrad.torch.nn.utils._prune_methods import RandomStructured as RandomStructured
from funcgrad.torch.nn.utils._prune_methods import RandomUnstructured as RandomUnstructured
from funcgrad.torch.nn.utils.convert_parameters import parameters_to_vector as _flat


def identity(module: Any, name: str) -> Any:
    """Give a parameter a mask of ones."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: Any, name: str, amount: float) -> Any:
    """Prune elements at random.

    Args:
        module: The owner.
        name: Of the parameter.
        amount: How many elements, or what part of them.
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: Any, name: str, amount: float, importance_scores: Tensor | None = None) -> Any:
    """Prune the elements of least magnitude.

    Args:
        module: The owner.
        name: Of the parameter.
        amount: How many elements, or what part of them.
        importance_scores: Compared in place of the parameter.
    """
    L1Unstructured.apply(module, name, amount, importance_scores=importance_scores)
    return module


def random_structured(module: Any, name: str, amount: float, dim: int) -> Any:
    """Prune whole slices along `dim` at random."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: Any, name: str, amount: float, n: float | str, dim: int, importance_scores: Tensor | None = None
) -> Any:
    """Prune the slices along `dim` of least `n`-norm."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: Any, name: str, mask: Tensor) -> Any:
    """Prune the elements where the mask is 0."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Any, str]],
    pruning_method: type[BasePruningMethod],
    importance_scores: dict[tuple[Any, str], Tensor] | None = None,
    **kwargs: Any,
) -> None:
    """Prune elements of several parameters, chosen among all of them.

    Args:
        parameters: Pairs of a module and the name of its parameter.
        pruning_method: The rule; unstructured.
        importance_scores: For a pair, what is compared in place of its parameter.
        kwargs: Of the rule, for example `amount`.

    Raises:
        TypeError: The parameters are no list, or the rule is structured.
    """
    if not isinstance(parameters, Sequence):
        parameters = list(parameters)
    scores = importance_scores or {}
    relevant: list[Any] = [scores.get((module, name), getattr(module, name)) for module, name in parameters]
    masks = [getattr(module, f"{name}_mask", None) for module, name in parameters]
    default = _flat([x.detach() * 0 + 1 if mask is None else mask for x, mask in zip(relevant, masks, strict=True)])
    container = PruningContainer()
    container._tensor_name = "temp"
    method = pruning_method(**kwargs)
    method._tensor_name = "temp"
    container.add_pruning_method(method)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. '
            f"Found method {pruning_method} of type {method.PRUNING_TYPE}"
        )
    final, start = container.compute_mask(_flat(relevant), default), 0
    for module, name in parameters:
        parameter = getattr(module, name)
        custom_from_mask(module, name, final[start : start + parameter.numel()].view_as(parameter))
        start += parameter.numel()


def remove(module: Any, name: str) -> Any:
    """Make the pruned values permanent: `name` is an ordinary parameter again.

    Raises:
        ValueError: It is not pruned.
    """
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            hook.remove(module)
            del module._forward_pre_hooks[key]
            return module
    raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")


def is_pruned(module: Any) -> bool:
    """Whether a module, or one inside it, has pruned parameters."""
    hooks = (hook for inner in module.modules() for hook in inner._forward_pre_hooks.values())
    return any(isinstance(hook, BasePruningMethod) for hook in hooks)


__getattr__ = _missing_from(__name__)
