"""Multi-head attention layer."""

from __future__ import annotations

from typing import Any

from funcgrad.torch._ops.creation import empty
from funcgrad.torch._ops.multihead import _canonical_mask, _none_or_dtype
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.nn import functional as F
from funcgrad.torch.nn import init
from funcgrad.torch.nn._linear import Linear
from funcgrad.torch.nn._module import Module
from funcgrad.torch.nn.parameter import Parameter


class NonDynamicallyQuantizableLinear(Linear):
    """A linear layer, under the name that attention's output projection has in PyTorch."""


class MultiheadAttention(Module):
    """Attention in several heads, between projections of queries, keys and values.

    Args:
        embed_dim: Length of queries and outputs; `num_heads` divides it.
        num_heads: How many heads.
        dropout: Probability of an attention weight to be dropped in training.
        bias: Whether projections add one.
        add_bias_kv: Whether a learned key and value are added to the sources.
        add_zero_attn: Whether a source of zeros is added.
        kdim: Length of keys; `embed_dim` if None.
        vdim: Length of values; `embed_dim` if None.
        batch_first: Whether inputs are `[batch, time, dim]` instead of `[time, batch, dim]`.
        device: `cpu` or None.
        dtype: The parameters' dtype.

    Raises:
        ValueError: A size that is not positive.
        AssertionError: The heads do not divide the length.
    """

    bias_k: Any
    bias_v: Any

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and num_heads={num_heads} "
                "instead"
            )
        super().__init__()
        self.embed_dim, self.num_heads, self.dropout, self.batch_first = embed_dim, num_heads, dropout, batch_first
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == self.vdim == embed_dim
        self.head_dim = embed_dim // num_heads
        if embed_dim % num_heads:
            raise AssertionError("embed_dim must be divisible by num_heads")
        kind = {"device": device, "dtype": dtype}
        self._make_projections(kind)
        self._make("in_proj_bias", (3 * embed_dim,) if bias else None, kind)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias, **kind)
        if add_bias_kv:
            self._make("bias_k", (1, 1, embed_dim), kind)
            self._make("bias_v", (1, 1, embed_dim), kind)
        else:
            self.bias_k = self.bias_v = None
        self.add_zero_attn = add_zero_attn
        self._reset_parameters()

    def _make_projections(self, kind: dict[str, Any]) -> None:
        e, is_one = self.embed_dim, self._qkv_same_embed_dim
        separate = {"q_proj_weight": (e, e), "k_proj_weight": (e, self.kdim), "v_proj_weight": (e, self.vdim)}
        if is_one:
            self._make("in_proj_weight", (3 * e, e), kind)
        for name, shape in separate.items():
            self._make(name, None if is_one else shape, kind)
        if not is_one:
            self._make("in_proj_weight", None, kind)

    def _make(self, name: str, shape: tuple[int, ...] | None, kind: dict[str, Any]) -> None:
        self.register_parameter(name, None if shape is None else Parameter(empty(shape, **kind)))

    def _reset_parameters(self) -> None:
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.constant_(self.in_proj_bias, 0.0)
            init.constant_(self.out_proj.bias, 0.0)
        for extra in (self.bias_k, self.bias_v):
            if extra is not None:
                init.xavier_normal_(extra)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attend from queries to keys.

        Args:
            query: `[targets, batch, embed_dim]`; with `batch_first` the batch leads; or without a batch.
            key: `[sources, batch, kdim]`.
            value: `[sources, batch, vdim]`.
            key_padding_mask: `[batch, sources]`: True where a source is to be ignored, or numbers to add.
            need_weights: Whether to return the weights; without them the computation is faster.
            attn_mask: `[targets, sources]` or `[batch * heads, targets, sources]`: True where not to attend.
            average_attn_weights: Whether weights are averaged over heads.
            is_causal: A hint that `attn_mask` is the causal one.

        Returns:
            The output, like `query`, and the weights `[batch, targets, sources]` (`[batch, heads, targets, sources]` if
            not averaged) or None.
        """
        key_padding_mask = _canonical_mask(
            key_padding_mask, "key_padding_mask", _none_or_dtype(attn_mask), "attn_mask", query.dtype
        )
        attn_mask = _canonical_mask(attn_mask, "attn_mask", None, "", query.dtype)
        is_transposed = self.batch_first and query.ndim == 3
        if is_transposed:
            query, key, value = _time_first(query, key, value)
        output, weights = F.multi_head_attention_forward(
            query,
            key,
            value,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            training=self.training,
            key_padding_mask=key_padding_mask,
            need_weights=need_weights,
            attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim,
            q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )
        return output.transpose(1, 0) if is_transposed else output, weights


def _time_first(query: Any, key: Any, value: Any) -> tuple[Tensor, Tensor, Tensor]:
    """The inputs transposed, each tensor once, so that self-attention stays recognisable."""
    turned = {id(x): x.transpose(1, 0) for x in (query, key, value)}
    return turned[id(query)], turned[id(key)], turned[id(value)]
