"""torch.optim.ASGD."""

from __future__ import annotations

from typing import Any

from funcgrad.optim import ASGD_RULE
from funcgrad.torch.optim._update import RuleOptimizer


class ASGD(RuleOptimizer):
    """Averaged stochastic gradient descent; its formula: `funcgrad.optim.asgd`.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate.
        lambd: Decay of the parameter and of the learning rate.
        alpha: Power of the decay of the learning rate.
        t0: The update after which averaging begins.
        weight_decay: Factor of the parameter that is added to the gradient.
        foreach: Without effect: a group is updated at once anyway.
        maximize: Ascend instead.
        differentiable: Let gradients flow through the step.
        capturable: Must be False on a CPU.
    """

    rule = ASGD_RULE

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "lambd": lambd,
                "alpha": alpha,
                "t0": t0,
                "weight_decay": weight_decay,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
                "capturable": capturable,
            },
        )
