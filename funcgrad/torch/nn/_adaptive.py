"""Adaptive softmax layer: a loss over very many classes of uneven frequency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.adaptive import LOG_LIKELIHOOD, LOG_PROBABILITIES
from funcgrad.torch._ops.known import expect
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.nn._containers import ModuleList, Sequential
from funcgrad.torch.nn._linear import Linear
from funcgrad.torch.nn._module import Module


class _ASMoutput(NamedTuple):
    output: Tensor  # [batch], log probability of each target
    loss: Tensor  # [], minus their mean


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log probabilities of many classes, of which frequent ones are cheap and rare ones lie in clusters.

    Args:
        in_features: Length of the input vectors.
        n_classes: How many classes, the most frequent first.
        cutoffs: Where clusters begin.
        div_value: By how much each cluster's projection is smaller than the one before.
        head_bias: Whether the head's layer has a bias.
        device: `cpu` or None.
        dtype: The parameters' dtype.

    Raises:
        ValueError: Cutoffs that are not increasing numbers between 1 and `n_classes - 1`.
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        bounds = list(cutoffs)
        if not bounds:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        is_increasing = all(a < b for a, b in zip([0, *bounds], [*bounds, n_classes], strict=True))
        if not is_increasing or any(int(c) != c for c in bounds):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each "
                "value is between 1 and n_classes-1"
            )
        kind: Any = {"device": device, "dtype": dtype}
        self.in_features, self.n_classes, self.div_value, self.head_bias = in_features, n_classes, div_value, head_bias
        self.cutoffs = [*bounds, n_classes]
        self.shortlist_size, self.n_clusters = bounds[0], len(bounds)
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, bias=head_bias, **kind)
        self.tail: Any = ModuleList()
        for k in range(self.n_clusters):
            hidden = int(in_features // div_value ** (k + 1))
            size = self.cutoffs[k + 1] - self.cutoffs[k]
            layers = (Linear(in_features, hidden, bias=False, **kind), Linear(hidden, size, bias=False, **kind))
            self.tail.append(Sequential(*layers))

    def reset_parameters(self) -> None:
        """Draw new parameters, as PyTorch draws them."""
        self.head.reset_parameters()
        for hidden, output in self.tail:
            hidden.reset_parameters()
            output.reset_parameters()

    def forward(self, input_: Any, target_: Any) -> _ASMoutput:
        """Log probability of each target, and the loss.

        Args:
            input_: `[batch, in_features]` or `[in_features]`.
            target_: `[batch]` or a scalar.

        Raises:
            RuntimeError: Shapes that do not fit, or a known target out of range.
        """
        _check(input_, target_)
        expect(target_, self._check_range)
        x, target = (input_, target_) if target_.ndim else (input_.unsqueeze(0), target_.unsqueeze(0))
        scores = [self.head(x), target, *(cluster(x) for cluster in self.tail)]
        output = apply(LOG_LIKELIHOOD, (tuple(self.cutoffs),), *scores)
        loss = (-output).mean()
        return _ASMoutput(output if target_.ndim else output.squeeze(0), loss)

    def _check_range(self, target: np.ndarray) -> None:
        if target.size and not (np.min(target) >= 0 and np.max(target) < self.n_classes):
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range [{np.min(target)}, "
                f"{np.max(target)}] were found. "
            )

    def log_prob(self, input: Any) -> Tensor:
        """Log probabilities of all classes, `[batch, n_classes]`."""
        scores = [self.head(input), *(cluster(input) for cluster in self.tail)]
        return apply(LOG_PROBABILITIES, (self.shortlist_size,), *scores)

    def predict(self, input: Any) -> Tensor:
        """The most probable class, `[batch]`; clusters count only where the head prefers one of them."""
        best = self.head(input).argmax(1)
        log_p: Any = self.log_prob(input)
        return log_p.argmax(1).where(best >= self.shortlist_size, best)


def _check(x: Any, target: Any) -> None:
    if target.ndim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if x.ndim != target.ndim + 1:
        kind = "2D" if target.ndim else "1D"
        raise RuntimeError(
            f"{target.ndim}D target tensor expects {kind} input tensors, but found inputs with size {x.shape}"
        )
    if target.ndim and x.shape[0] != target.shape[0]:
        raise RuntimeError("Input and target should have the same size in the batch dimension.")
