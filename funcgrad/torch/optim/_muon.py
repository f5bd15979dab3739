"""torch.optim.Muon."""

from __future__ import annotations

from typing import Any

from funcgrad.optim import MUON_RULE
from funcgrad.torch.optim._update import RuleOptimizer


class Muon(RuleOptimizer):
    """Muon, orthogonalised momentum of matrices; its formula: `funcgrad.optim.muon`.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate.
        weight_decay: Share of the parameter that is taken away, times the learning rate.
        momentum: Factor of the momentum buffer.
        nesterov: Look one momentum step ahead.
        ns_coefficients: Coefficients of the Newton-Schulz polynomial.
        eps: Term of the denominator.
        ns_steps: Iterations of it.
        adjust_lr_fn: How the learning rate follows the shape: `original` or `match_rms_adamw`.
    """

    rule = MUON_RULE

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "nesterov": nesterov,
                "ns_coefficients": ns_coefficients,
                "eps": eps,
                "ns_steps": ns_steps,
                "adjust_lr_fn": adjust_lr_fn,
            },
        )
        for p in self._parameters():
            if p.ndim != 2:
                raise ValueError(f"Muon only supports 2D parameters whereas we found a parameter with size: {p.size()}")
            if p.dtype.is_complex:
                raise RuntimeError("Muon does not support complex parameters")
