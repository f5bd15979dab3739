"""torch.optim.Adadelta."""

from __future__ import annotations

from typing import Any

from funcgrad.optim import ADADELTA_RULE
from funcgrad.torch.optim._update import RuleOptimizer


class Adadelta(RuleOptimizer):
    """Adadelta; its formula: `funcgrad.optim.adadelta`.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate.
        rho: Decay rate of the averages of squares.
        eps: Term inside both roots.
        weight_decay: Factor of the parameter that is added to the gradient.
        foreach: Without effect: a group is updated at once anyway.
        capturable: Must be False on a CPU.
        maximize: Ascend instead.
        differentiable: Let gradients flow through the step.
    """

    rule = ADADELTA_RULE

    def __init__(
        self,
        params: Any,
        lr: Any = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "rho": rho,
                "eps": eps,
                "weight_decay": weight_decay,
                "maximize": maximize,
                "capturable": capturable,
                "foreach": foreach,
                "differentiable": differentiable,
            },
        )
