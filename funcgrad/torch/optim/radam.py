"""torch.optim.RAdam."""

from __future__ import annotations

from typing import Any

from funcgrad.optim import RADAM_RULE
from funcgrad.torch.optim._update import RuleOptimizer


class RAdam(RuleOptimizer):
    """RAdam, Adam with a rectified adaptive learning rate; its formula: `funcgrad.optim.radam`.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate.
        betas: Decay rates of the two averages.
        eps: Term of the denominator.
        weight_decay: Factor of the parameter that is added to the gradient.
        decoupled_weight_decay: Shrink the parameter instead, as AdamW does.
        foreach: Without effect: a group is updated at once anyway.
        maximize: Ascend instead.
        capturable: Must be False on a CPU.
        differentiable: Let gradients flow through the step.
    """

    rule = RADAM_RULE

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
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
                "maximize": maximize,
                "foreach": foreach,
                "capturable": capturable,
                "decoupled_weight_decay": decoupled_weight_decay,
                "differentiable": differentiable,
            },
        )
