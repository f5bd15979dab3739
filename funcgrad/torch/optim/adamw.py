"""torch.optim.AdamW."""

from __future__ import annotations

from typing import Any

from funcgrad.optim import ADAMW_RULE
from funcgrad.torch.optim.adam import Adam


class AdamW(Adam):
    """Adam with decoupled weight decay; its formula: `funcgrad.optim.adamw`.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate.
        betas: Decay rates of the two averages.
        eps: Term of the denominator.
        weight_decay: Share of the parameter that is taken away, times the learning rate.
        amsgrad: Divide by the largest average of squares so far.
        maximize: Ascend instead.
        foreach: Without effect: a group is updated at once anyway.
        capturable: Must be False on a CPU.
        differentiable: Let gradients flow through the step.
        fused: Without effect: the update is compiled anyway.
    """

    rule = ADAMW_RULE

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )
