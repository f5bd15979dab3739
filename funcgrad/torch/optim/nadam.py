"""torch.optim.NAdam."""

from __future__ import annotations

from typing import Any

from funcgrad.optim import NADAM_RULE
from funcgrad.torch.optim._update import RuleOptimizer


class NAdam(RuleOptimizer):
    """NAdam, Adam with Nesterov momentum; its formula: `funcgrad.optim.nadam`.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate.
        betas: Decay rates of the two averages.
        eps: Term of the denominator.
        weight_decay: Factor of the parameter that is added to the gradient.
        momentum_decay: How fast the momentum rises.
        decoupled_weight_decay: Shrink the parameter instead, as AdamW does.
        foreach: Without effect: a group is updated at once anyway.
        maximize: Ascend instead.
        capturable: Must be False on a CPU.
        differentiable: Let gradients flow through the step.
    """

    rule = NADAM_RULE

    def __init__(
        self,
        params: Any,
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum_decay": momentum_decay,
                "decoupled_weight_decay": decoupled_weight_decay,
                "maximize": maximize,
                "foreach": foreach,
                "capturable": capturable,
                "differentiable": differentiable,
            },
        )
