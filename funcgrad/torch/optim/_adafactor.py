"""torch.optim.Adafactor."""

from __future__ import annotations

from typing import Any

from funcgrad.optim import ADAFACTOR_RULE
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.optim._options import Options
from funcgrad.torch.optim._update import RuleOptimizer


class Adafactor(RuleOptimizer):
    """Adafactor, second moments from row and column means; its formula: `funcgrad.optim.adafactor`.

    Args:
        params: Parameters, or groups of them.
        lr: The largest relative step.
        beta2_decay: Power of the number of the update, at which the weight of a new second moment falls.
        eps: Least root of a second moment (None: the machine epsilon), and least size of a parameter.
        d: The largest root mean square of an update.
        weight_decay: Share of the parameter that is taken away, times the learning rate.
        foreach: Without effect: a group is updated at once anyway.
        maximize: Ascend instead.
    """

    rule = ADAFACTOR_RULE

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "beta2_decay": beta2_decay,
                "eps": eps,
                "d": d,
                "weight_decay": weight_decay,
                "foreach": foreach,
                "maximize": maximize,
            },
        )
        if any(p.dtype.is_complex for p in self._parameters()):
            raise RuntimeError("Adafactor does not support complex parameters")

    def _update(
        self, params: list[Tensor], names: tuple[str, ...], is_fresh: bool, structure: Options, numbers: dict[str, Any]
    ) -> None:
        if any(p.numel() == 0 for p in params):
            raise ZeroDivisionError("float division by zero")  # as PyTorch, which takes the mean of no elements
        super()._update(params, names, is_fresh, structure, numbers)
