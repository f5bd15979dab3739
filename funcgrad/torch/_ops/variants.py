"""Functions of `torch` that `torch.nn.functional` has with other parameters: dropout, losses, embedding, cells.

A loss takes its reduction as a number here: 0 for none, the default that PyTorch has for them, 1 for means, 2 for sums.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops import dropout as drop
from funcgrad.torch._ops import fractional_pooling, loss_likelihood, loss_margin, loss_similarity, pooling
from funcgrad.torch._ops.convolution import conv1d
from funcgrad.torch._ops.embedding import embedding as rows_of_table
from funcgrad.torch._ops.loss_ctc import ctc_loss as loss_of_alignments
from funcgrad.torch._ops.loss_reduction import REDUCTIONS
from funcgrad.torch._ops.matrix_norms import matrix_norm, vector_norm
from funcgrad.torch._ops.recurrent import CELL
from funcgrad.torch._ops.rows import named
from funcgrad.torch._tensor import Tensor


def _dropping(name: str, drops: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def call(input: Tensor, p: float, train: bool) -> Tensor:
        return drops(input, p, train, name.endswith("_"))

    call.__doc__ = f"`torch.nn.functional.{drops.__name__}`, told each time whether it trains."
    return named(call, name)


def _with_indices(pool: Callable[..., Any]) -> Callable[..., Any]:
    """A pool that gives positions too."""

    def call(input: Tensor, *args: Any, return_indices: bool = True, **options: Any) -> Any:
        return pool(input, *args, return_indices=True, **options)

    call.__doc__ = f"`{pool.__name__}` with the positions of its results."
    return named(call, f"{pool.__name__}_with_indices")


max_pool1d_with_indices, max_pool2d_with_indices, max_pool3d_with_indices = map(
    _with_indices, (pooling.max_pool1d, pooling.max_pool2d, pooling.max_pool3d)
)
adaptive_max_pool1d_with_indices, adaptive_max_pool2d_with_indices, adaptive_max_pool3d_with_indices = map(
    _with_indices, (pooling.adaptive_max_pool1d, pooling.adaptive_max_pool2d, pooling.adaptive_max_pool3d)
)
fractional_max_pool2d_with_indices, fractional_max_pool3d_with_indices = map(
    _with_indices, (fractional_pooling.fractional_max_pool2d, fractional_pooling.fractional_max_pool3d)
)


def _cell(name: str, mode: str) -> Callable[..., Any]:
    def call(input: Tensor, hx: Any, w_ih: Tensor, w_hh: Tensor, b_ih: Any = None, b_hh: Any = None) -> Any:
        biases = () if b_ih is None else (b_ih, b_hh)
        states = tuple(hx) if mode == "LSTM" else (hx,)
        made = apply(CELL[mode], (mode, bool(biases), True), input, w_ih, w_hh, *biases, *states)
        return tuple(made) if isinstance(made, list) else made

    call.__doc__ = f"One step of a recurrent layer: what `torch.nn.{mode}` does at each."
    return named(call, name)


def embedding(
    weight: Tensor, indices: Tensor, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False
) -> Tensor:
    """Rows of a table; a padding row below 0 is none."""
    padding = padding_idx if padding_idx >= 0 else None
    return rows_of_table(indices, weight, padding, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)


def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """A convolution of `[time, batch, channels]` by a weight `[time, channels, out]`."""
    return conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad).permute(2, 0, 1)


def frobenius_norm(input: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    """The 2-norm over the dimensions given."""
    return vector_norm(input, 2, dim, keepdim)


def nuclear_norm(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """The sum of the singular values."""
    return matrix_norm(input, "nuc", (-2, -1) if dim is None else dim, keepdim)


def kl_div(input: Tensor, target: Tensor, reduction: int = 0, *, log_target: bool = False) -> Tensor:
    """Relative entropy of `target` to a distribution given by its logarithms."""
    return apply(loss_likelihood.KL_DIV, (REDUCTIONS[reduction], log_target), input, target)


def poisson_nll_loss(input: Tensor, target: Tensor, log_input: bool, full: bool, eps: float, reduction: int) -> Tensor:
    """Negative log likelihood of counts."""
    return loss_likelihood.poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=REDUCTIONS[reduction])


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    pos_weight: Tensor | None = None,
    reduction: int = 0,
) -> Tensor:
    """The binary cross entropy of the sigmoid."""
    return loss_likelihood.binary_cross_entropy_with_logits(
        input, target, weight, pos_weight=pos_weight, reduction=REDUCTIONS[reduction]
    )


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """How far the angle of each pair is from what the target wants."""
    return loss_similarity.cosine_embedding_loss(input1, input2, target, margin, reduction=REDUCTIONS[reduction])


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: int = 0,
) -> Tensor:
    """How much nearer the positive is not than the negative."""
    return loss_similarity.triplet_margin_loss(
        anchor, positive, negative, margin, p, eps, swap, reduction=REDUCTIONS[reduction]
    )


def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, reduction: int = 0) -> Tensor:
    """Distances of pairs that belong together, and what others lack to the margin."""
    return loss_margin.hinge_embedding_loss(input, target, margin, reduction=REDUCTIONS[reduction])


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """What pairs lack to the order and margin that the target wants."""
    return loss_margin.margin_ranking_loss(input1, input2, target, margin, reduction=REDUCTIONS[reduction])


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: int = 0,
    zero_infinity: bool = False,
) -> Tensor:
    """Negative log likelihood of the targets over all alignments."""
    wanted = REDUCTIONS[reduction]
    return loss_of_alignments(log_probs, targets, input_lengths, target_lengths, blank, wanted, zero_infinity)


_DROPS = {
    "dropout": drop.dropout,
    "alpha_dropout": drop.alpha_dropout,
    "feature_dropout": drop.feature_dropout,
    "feature_alpha_dropout": drop.feature_alpha_dropout,
}
_CELLS = {"rnn_tanh_cell": "RNN_TANH", "rnn_relu_cell": "RNN_RELU", "gru_cell": "GRU", "lstm_cell": "LSTM"}


def functions() -> dict[str, Callable[..., Any]]:
    """The functions by name."""
    written = (embedding, conv_tbc, frobenius_norm, nuclear_norm, kl_div, poisson_nll_loss, ctc_loss)
    losses = (binary_cross_entropy_with_logits, cosine_embedding_loss, triplet_margin_loss)
    margins = (hinge_embedding_loss, margin_ranking_loss)
    pools = (max_pool1d_with_indices,)
    drops = [_dropping(name + end, call) for name, call in _DROPS.items() for end in ("", "_")]
    cells = [_cell(name, mode) for name, mode in _CELLS.items()]
    return {call.__name__: call for call in (*written, *losses, *margins, *drops, *cells, *pools)}
