"""Transformer: stacks of its layers, as encoder, decoder, and both."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from funcgrad.errors import warn
from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._grad_mode import state
from funcgrad.torch._ops.known import known_values
from funcgrad.torch._ops.multihead import ZERO_PADDED, _canonical_mask, _none_or_dtype
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch._types import as_dtype, get_default_dtype
from funcgrad.torch.nn import functional as F
from funcgrad.torch.nn import init
from funcgrad.torch.nn._containers import ModuleList
from funcgrad.torch.nn._module import Module
from funcgrad.torch.nn._normalization import LayerNorm
from funcgrad.torch.nn._transformer_layers import Activation, TransformerDecoderLayer, TransformerEncoderLayer
from funcgrad.trace import array_of, constant


def _get_clones(layer: Module, count: int) -> Any:
    return ModuleList([copy.deepcopy(layer) for _ in range(count)])


def _generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
    kind = get_default_dtype() if dtype is None else as_dtype(dtype)
    return wrap(constant(np.triu(np.full((sz, sz), -np.inf), 1).astype(kind.numpy)))


def _is_causal(mask: Any, hint: bool | None) -> bool:
    """Whether a mask is known to be the causal one: a hint for attention, which gives the same numbers either way."""
    if hint is not None or mask is None:
        return bool(hint)
    known = known_values(mask)
    size = mask.shape[-1]
    return known is not None and np.array_equal(known, np.triu(np.full((size, size), -np.inf), 1))


class TransformerEncoder(Module):
    """Copies of an encoder layer, one on another.

    Args:
        encoder_layer: The layer, which is copied with its parameters.
        num_layers: How many.
        norm: A normalisation of the last output.
        enable_nested_tensor: Whether evaluation without gradients gives zeros for padded positions, as PyTorch's
            nested tensors do.
        mask_check: Whether that is only done if padding lies at the end.
    """

    def __init__(
        self,
        encoder_layer: Any,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = _get_clones(encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor, self.mask_check = enable_nested_tensor, mask_check
        reason = _why_not_nested(encoder_layer)
        self.use_nested_tensor = enable_nested_tensor and not reason
        if enable_nested_tensor and reason:
            warn(f"enable_nested_tensor is True, but self.use_nested_tensor is False because encoder_layer{reason}")

    def forward(
        self,
        src: Any,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Any:
        """All layers, one after another; masks as for `MultiheadAttention`."""
        padding = _canonical_mask(src_key_padding_mask, "src_key_padding_mask", _none_or_dtype(mask), "mask", src.dtype)
        mask = _canonical_mask(mask, "mask", None, "", src.dtype)
        is_nested = padding is not None and mask is None and self._is_nested(src, padding)
        is_causal = _is_causal(mask, is_causal)
        output = src
        for layer in self.layers:
            output = layer(output, src_mask=mask, is_causal=is_causal, src_key_padding_mask=padding)
        if is_nested:
            output = apply(ZERO_PADDED, (), output, padding)
        return output if self.norm is None else self.norm(output)

    def _is_nested(self, src: Tensor, padding: Tensor) -> bool:
        """Whether PyTorch would compute without the padded positions, and put zeros there."""
        first = self.layers[0]
        if not self.use_nested_tensor or first.training or src.ndim != 3:
            return False
        if state.grad and (src.requires_grad or any(p.requires_grad for p in first.parameters())):
            return False
        open_ = np.asarray(array_of(value_of(padding), "mask")) == 0
        return not self.mask_check or bool(np.all(open_[:, 1:] <= open_[:, :-1]))


def _why_not_nested(layer: Any) -> str:
    """What keeps PyTorch from nested tensors, as the end of its warning; empty if nothing does."""
    if not isinstance(layer, TransformerEncoderLayer):
        return " was not TransformerEncoderLayer"
    attention = layer.self_attn
    for holds, reason in (
        (layer.norm_first, ".norm_first was True"),
        (
            not attention.batch_first,
            ".self_attn.batch_first was not True(use batch_first for better inference performance)",
        ),
        (not attention._qkv_same_embed_dim, ".self_attn._qkv_same_embed_dim was not True"),
        (attention.in_proj_bias is None, ".self_attn was passed bias=False"),
        (not layer.activation_relu_or_gelu, ".activation_relu_or_gelu was not True"),
        (layer.norm1.eps != layer.norm2.eps, ".norm1.eps was not equal to encoder_layer.norm2.eps"),
        (attention.num_heads % 2 == 1, ".self_attn.num_heads is odd"),
    ):
        if holds:
            return reason
    return ""


class TransformerDecoder(Module):
    """Copies of a decoder layer, one on another.

    Args:
        decoder_layer: The layer, which is copied with its parameters.
        num_layers: How many.
        norm: A normalisation of the last output.
    """

    def __init__(self, decoder_layer: Any, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = _get_clones(decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Any,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        """All layers, one after another; arguments as for `TransformerDecoderLayer`."""
        tgt_is_causal = _is_causal(tgt_mask, tgt_is_causal)
        masks = (tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)
        output = tgt
        for layer in self.layers:
            output = layer(output, memory, *masks, tgt_is_causal=tgt_is_causal, memory_is_causal=memory_is_causal)
        return output if self.norm is None else self.norm(output)


class Transformer(Module):
    """An encoder, and a decoder that attends to its output.

    Args:
        d_model: Length of the vectors.
        nhead: Heads of the attentions.
        num_encoder_layers: Layers of the encoder.
        num_decoder_layers: Layers of the decoder.
        dim_feedforward: Length of the networks' hidden vectors.
        dropout: Probability of every dropout.
        activation: `relu`, `gelu` or a function.
        custom_encoder: In place of the encoder.
        custom_decoder: In place of the decoder.
        layer_norm_eps: Of the normalisations.
        batch_first: Whether inputs are `[batch, time, dim]` instead of `[time, batch, dim]`.
        norm_first: Whether each part's input is normalised instead of its sum with the result.
        bias: Whether linear layers and normalisations have one.
        device: `cpu` or None.
        dtype: The parameters' dtype.
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        kind: Any = {"bias": bias, "device": device, "dtype": dtype}
        options = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first)
        if custom_encoder is None:
            layer = TransformerEncoderLayer(*options, **kind)
            norm = LayerNorm(d_model, eps=layer_norm_eps, **kind)
            custom_encoder = TransformerEncoder(layer, num_encoder_layers, norm)
        self.encoder = custom_encoder
        if custom_decoder is None:
            layer = TransformerDecoderLayer(*options, **kind)
            norm = LayerNorm(d_model, eps=layer_norm_eps, **kind)
            custom_decoder = TransformerDecoder(layer, num_decoder_layers, norm)
        self.decoder = custom_decoder
        self._reset_parameters()
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def _reset_parameters(self) -> None:
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    def forward(
        self,
        src: Any,
        tgt: Any,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        """Encode `src`, then decode `tgt` with it; masks as for `MultiheadAttention`."""
        batch = 0 if self.batch_first else 1
        if src.ndim == 3 and src.shape[batch] != tgt.shape[batch]:
            raise RuntimeError("the batch number of src and tgt must be equal")
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise RuntimeError("the feature number of src and tgt must be equal to d_model")
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """The causal mask: minus infinity above the diagonal, 0 elsewhere."""
        return _generate_square_subsequent_mask(sz, device, dtype)
