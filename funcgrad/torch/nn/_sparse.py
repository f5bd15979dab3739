"""Embedding layers: tables of vectors, looked up by index."""

from __future__ import annotations

from typing import Any

from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._ops.creation import empty
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.nn import functional as F
from funcgrad.torch.nn import init
from funcgrad.torch.nn._module import Module
from funcgrad.torch.nn.parameter import Parameter


class _Table(Module):
    padding_idx: int | None
    weight: Any

    def _make(self, rows: int, dim: int, given: Tensor | None, requires_grad: bool, device: Any, dtype: Any) -> None:
        self.num_embeddings, self.embedding_dim = rows, dim
        if given is None:
            self.weight = Parameter(empty(rows, dim, device=device, dtype=dtype), requires_grad=requires_grad)
            self.reset_parameters()
            return
        if list(given.shape) != [rows, dim]:
            raise AssertionError("Shape of weight does not match num_embeddings and embedding_dim")
        self.weight = Parameter(given, requires_grad=requires_grad)

    def reset_parameters(self) -> None:
        """Draw a new table from N(0, 1), as PyTorch does; the padding row is 0."""
        init.normal_(self.weight)
        self._fill_padding_idx_with_zero()

    def _fill_padding_idx_with_zero(self) -> None:
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx].fill_(0)


def _padding(index: int | None, rows: int, noun: str) -> int | None:
    if index is None:
        return None
    if not -rows <= index < rows:
        raise AssertionError(f"{noun} must be within num_embeddings")
    return index % rows


class Embedding(_Table):
    """A table of `num_embeddings` vectors of length `embedding_dim`, looked up by index.

    Args:
        num_embeddings: Rows of the table.
        embedding_dim: Length of a row.
        padding_idx: A row that starts as 0 and gets no gradient.
        max_norm: Rows that are looked up are shortened to this norm, in place.
        norm_type: The p of that norm.
        scale_grad_by_freq: Whether a row's gradient is divided by how often it is looked up in a call.
        sparse: Without effect: gradients are dense here, and give the same updates.
        device: `cpu` or None.
        dtype: The table's dtype.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.padding_idx = _padding(padding_idx, num_embeddings, "Padding_idx")
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self._make(num_embeddings, embedding_dim, _weight, not _freeze, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        """The rows of the indices, `[*input.shape, embedding_dim]`."""
        return F.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse
        )

    def extra_repr(self) -> str:
        """The size, and what is not at its default."""
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        if self.padding_idx is not None:
            text += f", padding_idx={self.padding_idx}"
        text += _norm_text(self)
        return text + (", sparse=True" if self.sparse else "")

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """A layer on a table that exists already.

        Args:
            embeddings: `[rows, dim]`.
            freeze: Whether the table is not to be trained.
            padding_idx: A row that gets no gradient.
            max_norm: As for the class.
            norm_type: As for the class.
            scale_grad_by_freq: As for the class.
            sparse: As for the class.
        """
        if embeddings.ndim != 2:
            raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
        rows, dim = embeddings.shape
        return cls(rows, dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, embeddings, freeze)


def _norm_text(layer: Any) -> str:
    text = "" if layer.max_norm is None else f", max_norm={layer.max_norm}"
    text += "" if layer.norm_type == 2 else f", norm_type={layer.norm_type}"
    return text + (", scale_grad_by_freq=True" if layer.scale_grad_by_freq else "")


class EmbeddingBag(_Table):
    """Sums, means or maxima of bags of rows of a table.

    Args:
        num_embeddings: Rows of the table.
        embedding_dim: Length of a row.
        max_norm: Rows that are looked up are shortened to this norm, in place.
        norm_type: The p of that norm.
        scale_grad_by_freq: Whether a row's gradient is divided by how often it is looked up in a call.
        mode: `sum`, `mean` or `max`.
        sparse: Without effect: gradients are dense here, and give the same updates.
        include_last_offset: Whether offsets end with the number of indices.
        padding_idx: Indices that count in no bag.
        device: `cpu` or None.
        dtype: The table's dtype.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.padding_idx = _padding(padding_idx, num_embeddings, "padding_idx")
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self.mode, self.include_last_offset = mode, include_last_offset
        self._make(num_embeddings, embedding_dim, _weight, True, device, dtype)

    def forward(self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None) -> Tensor:
        """A vector for each bag, `[bags, embedding_dim]`."""
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        """The size, and what is not at its default."""
        text = f"{self.num_embeddings}, {self.embedding_dim}{_norm_text(self)}, mode={self.mode!r}"
        return text + ("" if self.padding_idx is None else f", padding_idx={self.padding_idx}")

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> EmbeddingBag:
        """A layer on a table `[rows, dim]` that exists already; `freeze` says that it is not to be trained."""
        if embeddings.ndim != 2:
            raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
        rows, dim = embeddings.shape
        options = (max_norm, norm_type, scale_grad_by_freq, mode, sparse)
        made = cls(rows, dim, *options, embeddings, include_last_offset, padding_idx)
        made.weight.requires_grad = not freeze
        return made
