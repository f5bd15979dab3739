"""torch.optim.Adamax."""

from __future__ import annotations

from typing import Any

from funcgrad.optim import ADAMAX_RULE
from funcgrad.torch.optim._update import RuleOptimizer


class Adamax(RuleOptimizer):
    """Adamax; its formula: `funcgrad.optim.adamax`.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate.
        betas: Decay rates of the average and of the norm.
        eps: Term inside the maximum.
        weight_decay: Factor of the parameter that is added to the gradient.
        foreach: Without effect: a group is updated at once anyway.
        maximize: Ascend instead.
        differentiable: Let gradients flow through the step.
        capturable: Must be False on a CPU.
    """

    rule = ADAMAX_RULE

    def __init__(
        self,
        params: Any,
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
                "capturable": capturable,
            },
        )
