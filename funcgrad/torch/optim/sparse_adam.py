"""torch.optim.SparseAdam."""

from __future__ import annotations

from typing import Any

from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._ops.choice import where
from funcgrad.torch._ops.creation import zeros
from funcgrad.torch.optim._options import check_one_element
from funcgrad.torch.optim.optimizer import Optimizer, evaluated


class SparseAdam(Optimizer):
    """Adam that leaves rows without a gradient, and their averages, as they are.

    PyTorch does so for the rows that a sparse gradient names. Gradients are dense here: a row is left where all of its
    gradient is 0.

    Args:
        params: Parameters, or groups of them.
        lr: Learning rate.
        betas: Decay rates of the two averages.
        eps: Term of the denominator.
        maximize: Ascend instead.

    Raises:
        ValueError: An option is out of its range.
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        check_one_element("lr", lr)
        if not lr > 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not eps > 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        for i, beta in enumerate(betas):
            if not 0.0 <= beta < 1.0:
                raise ValueError(f"Invalid beta parameter at index {i}: {beta}")
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})
        places = [[i, k] for i, g in enumerate(self.param_groups) for k, p in enumerate(g["params"]) if p.is_complex()]
        if places:
            raise ValueError(f"Complex params at indices {places}: SparseAdam does not support complex parameters")

    @no_grad()
    def step(self, closure: Any = None) -> Any:
        """Update every parameter that has a gradient.

        Args:
            closure: Computes the loss anew, and its gradients.

        Returns:
            The closure's loss, or None.
        """
        loss = evaluated(closure)
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self._update(p, group)
        return loss

    def _update(self, p: Any, group: dict[str, Any]) -> None:
        state, (beta1, beta2) = self.state[p], group["betas"]
        if not state:
            state.update(step=0, exp_avg=zeros(p.shape, dtype=p.dtype), exp_avg_sq=zeros(p.shape, dtype=p.dtype))
        state["step"] += 1
        grad = -p.grad if group["maximize"] else p.grad
        named = (grad != 0).flatten(1).any(1).view(-1, *(1,) * (p.ndim - 1)) if p.ndim > 1 else grad != 0
        mean, square = state["exp_avg"], state["exp_avg_sq"]
        mean.copy_(where(named, mean + (grad - mean) * (1 - beta1), mean))
        square.copy_(where(named, square + (grad * grad - square) * (1 - beta2), square))
        unbiased = (1 - beta2 ** state["step"]) ** 0.5 / (1 - beta1 ** state["step"])
        p.add_(where(named, mean / (square.sqrt() + group["eps"]), 0.0), alpha=-group["lr"] * unbiased)
