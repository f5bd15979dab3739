"""torch.optim.Rprop."""

from __future__ import annotations

from typing import Any

from funcgrad.optim import RPROP_RULE
from funcgrad.torch.optim._update import RuleOptimizer


class Rprop(RuleOptimizer):
    """Resilient backpropagation; its formula: `funcgrad.optim.rprop`.

    Args:
        params: Parameters, or groups of them.
        lr: The first step size of every element.
        etas: Factors of the step size after a change of sign and without one.
        step_sizes: The least and the largest step size.
        capturable: Must be False on a CPU.
        foreach: Without effect: a group is updated at once anyway.
        maximize: Ascend instead.
        differentiable: Let gradients flow through the step.
    """

    rule = RPROP_RULE

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "etas": etas,
                "step_sizes": step_sizes,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
                "capturable": capturable,
            },
        )
