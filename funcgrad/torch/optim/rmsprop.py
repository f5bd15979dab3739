"""torch.optim.RMSprop."""

from __future__ import annotations

from typing import Any

from funcgrad.optim import RMSPROP_RULE
from funcgrad.torch.optim._update import RuleOptimizer


class RMSprop(RuleOptimizer):
    """RMSprop, plain, centered and with momentum; its formula: `funcgrad.optim.rmsprop`.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate.
        alpha: Decay rate of the averages.
        eps: Term of the denominator.
        weight_decay: Factor of the parameter that is added to the gradient.
        momentum: Factor of the momentum buffer.
        centered: Divide by the estimated deviation instead of the root of the mean square.
        capturable: Must be False on a CPU.
        foreach: Without effect: a group is updated at once anyway.
        maximize: Ascend instead.
        differentiable: Let gradients flow through the step.
    """

    rule = RMSPROP_RULE

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "alpha": alpha,
                "eps": eps,
                "centered": centered,
                "weight_decay": weight_decay,
                "capturable": capturable,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
            },
        )
