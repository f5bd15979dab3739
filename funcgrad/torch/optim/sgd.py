"""torch.optim.SGD."""

from __future__ import annotations

from typing import Any

from funcgrad.optim import SGD_RULE
from funcgrad.torch.optim._update import RuleOptimizer


class SGD(RuleOptimizer):
    """Stochastic gradient descent; its formula: `funcgrad.optim.sgd`.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate.
        momentum: Factor of the momentum buffer.
        dampening: Share of the gradient that does not enter the buffer.
        weight_decay: Factor of the parameter that is added to the gradient.
        nesterov: Look one momentum step ahead.
        maximize: Ascend instead.
        foreach: Without effect: a group is updated at once anyway.
        differentiable: Let gradients flow through the step.
        fused: Without effect: the update is compiled anyway.
    """

    rule = SGD_RULE

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: Any = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
                "foreach": foreach,
                "differentiable": differentiable,
                "fused": fused,
            },
        )
