"""torch.optim.Adam."""

from __future__ import annotations

from typing import Any

from funcgrad.optim import ADAM_RULE
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.optim._options import check_one_element
from funcgrad.torch.optim._update import RuleOptimizer


class Adam(RuleOptimizer):
    """Adam; its formula: `funcgrad.optim.adam`.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate.
        betas: Decay rates of the two averages.
        eps: Term of the denominator.
        weight_decay: Factor of the parameter that is added to the gradient.
        amsgrad: Divide by the largest average of squares so far.
        foreach: Without effect: a group is updated at once anyway.
        maximize: Ascend instead.
        capturable: Must be False on a CPU.
        differentiable: Let gradients flow through the step.
        fused: Without effect: the update is compiled anyway.
        decoupled_weight_decay: Shrink the parameter instead, as AdamW does.
    """

    rule = ADAM_RULE

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        _check_tensors(lr, betas, foreach=foreach, capturable=capturable)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": tuple(betas),
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                "foreach": foreach,
                "capturable": capturable,
                "differentiable": differentiable,
                "fused": fused,
                "decoupled_weight_decay": decoupled_weight_decay,
            },
        )
        _check_kinds(betas)


def _check_tensors(lr: Any, betas: tuple[Any, Any], *, foreach: bool | None, capturable: bool) -> None:
    for name, value in (("lr", lr), ("betas[0]", betas[0]), ("betas[1]", betas[1])):
        if isinstance(value, Tensor) and foreach and not capturable:
            raise ValueError(f"{name} as a Tensor is not supported for capturable=False and foreach=True")
        check_one_element(name, value)


def _check_kinds(betas: tuple[Any, Any]) -> None:
    """Refuse betas of two kinds, and integers, which PyTorch takes for neither."""
    if not any(all(isinstance(beta, kind) for beta in betas) for kind in (float, Tensor)):
        raise ValueError("betas must be either both floats or both Tensors")
