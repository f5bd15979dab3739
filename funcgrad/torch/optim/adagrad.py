"""torch.optim.Adagrad."""

from __future__ import annotations

from typing import Any

from funcgrad.optim import ADAGRAD_RULE
from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._ops.creation import FULL
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch.optim._update import RuleOptimizer, scalar_dtype


class Adagrad(RuleOptimizer):
    """Adagrad; its formula: `funcgrad.optim.adagrad`.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate.
        lr_decay: How fast the learning rate falls with the number of the update.
        weight_decay: Factor of the parameter that is added to the gradient.
        initial_accumulator_value: Where the sum of squares begins.
        eps: Term of the denominator.
        foreach: Without effect: a group is updated at once anyway.
        maximize: Ascend instead.
        differentiable: Let gradients flow through the step.
        fused: Without effect: the update is compiled anyway.
    """

    rule = ADAGRAD_RULE

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "lr_decay": lr_decay,
                "eps": eps,
                "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value,
                "foreach": foreach,
                "maximize": maximize,
                "differentiable": differentiable,
                "fused": fused,
            },
        )
        step = value_of(apply(FULL, ((), scalar_dtype().numpy), 0.0))
        for p in self._parameters():
            self.state[p].update(step=wrap(step), sum=_filled_like(p, initial_accumulator_value))


def _filled_like(p: Tensor, value: float) -> Tensor:
    number = complex(value, value) if p.dtype.is_complex else float(value)
    return apply(FULL, (tuple(p.shape), p.dtype.numpy), number)
