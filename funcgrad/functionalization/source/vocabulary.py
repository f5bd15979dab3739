"""Vocabulary: PyTorch's layers and losses as plain JAX. A written step carries those that it calls.

Each stands alone: it uses JAX, and other functions of this file by their names.
"""
# ruff: noqa: ANN001, ANN201, ANN202, D103 - what is copied into a user's file is short

from __future__ import annotations

import math

import jax
import jax.numpy as jnp


def linear(x, weight, bias=None):
    y = x @ weight.T
    return y if bias is None else y + bias


def dropout(x, mask, keep):
    return x * (mask.astype(x.dtype) / keep)


def embedding(weight, index, padding):
    """The rows of a table, of which one gets no gradient."""
    rows = weight[index]
    return jnp.where((index == padding)[..., None], jax.lax.stop_gradient(rows), rows)


def clamp_min(x, low):
    return jnp.where(x >= low, x, low)


def clamp_max(x, high):
    return jnp.where(x <= high, x, high)


def leaky_relu(x, slope):
    return jnp.where(x > 0, x, slope * x)


def reduced(losses, reduction):
    return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()


def nll_loss(log_p, labels, ignore_index=-100, reduction="mean"):
    is_kept = labels != ignore_index
    picked = jnp.take_along_axis(log_p, jnp.expand_dims(jnp.where(is_kept, labels, 0), 1), axis=1).squeeze(1)
    losses = jnp.where(is_kept, -picked, 0)
    return losses.sum() / is_kept.sum() if reduction == "mean" else reduced(losses, reduction)


def cross_entropy(logits, labels, ignore_index=-100, label_smoothing=0.0, reduction="mean"):
    log_p = jax.nn.log_softmax(logits, axis=1)
    loss = nll_loss(log_p, labels, ignore_index, reduction)
    if not label_smoothing:
        return loss
    is_kept = labels != ignore_index
    losses = jnp.where(is_kept, -log_p.mean(axis=1), 0)
    smooth = losses.sum() / is_kept.sum() if reduction == "mean" else reduced(losses, reduction)
    return (1 - label_smoothing) * loss + label_smoothing * smooth


def mse_loss(x, y, reduction="mean"):
    return reduced((x - y) ** 2, reduction)


def l1_loss(x, y, reduction="mean"):
    return reduced(jnp.abs(x - y), reduction)


def smooth_l1_loss(x, y, beta, reduction="mean"):
    apart = jnp.abs(x - y)
    return reduced(jnp.where(apart < beta, apart**2 / (2 * beta), apart - beta / 2), reduction)


def huber_loss(x, y, delta, reduction="mean"):
    apart = jnp.abs(x - y)
    return reduced(jnp.where(apart < delta, apart**2 / 2, delta * (apart - delta / 2)), reduction)


def binary_cross_entropy(p, y, reduction="mean"):
    log_p, log_not_p = jnp.maximum(jnp.log(p), -100), jnp.maximum(jnp.log1p(-p), -100)
    return reduced(-(y * log_p + (1 - y) * log_not_p), reduction)


def binary_cross_entropy_with_logits(x, y, reduction="mean"):
    return reduced((1 - y) * x - jax.nn.log_sigmoid(x), reduction)


def layer_norm(x, weight, bias, eps):
    axes = tuple(range(x.ndim - weight.ndim, x.ndim))
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + eps) * weight + bias


def batch_norm(x, weight, bias, eps):
    axes = (0, *range(2, x.ndim))
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    channels = (1, -1) + (1,) * (x.ndim - 2)
    return (x - mean) * jax.lax.rsqrt(variance + eps) * weight.reshape(channels) + bias.reshape(channels)


def batch_norm_running(x, mean, variance, weight, bias, eps):
    channels = (1, -1) + (1,) * (x.ndim - 2)
    scale = jax.lax.rsqrt(variance + eps) * weight
    return (x - mean.reshape(channels)) * scale.reshape(channels) + bias.reshape(channels)


def rms_norm(x, weight, eps):
    axes = tuple(range(x.ndim - weight.ndim, x.ndim))
    return x * jax.lax.rsqrt((x * x).mean(axes, keepdims=True) + eps) * weight


def group_norm(x, weight, bias, groups, eps):
    grouped = x.reshape(x.shape[0], groups, -1)
    mean, variance = grouped.mean(2, keepdims=True), grouped.var(2, keepdims=True)
    channels = (1, -1) + (1,) * (x.ndim - 2)
    normal = ((grouped - mean) * jax.lax.rsqrt(variance + eps)).reshape(x.shape)
    return normal * weight.reshape(channels) + bias.reshape(channels)


def moved_by_batch(x, mean, variance, momentum):
    axes = (0, *range(2, x.ndim))
    count = x.size // x.shape[1]
    unbiased = x.var(axes) * count / (count - 1)
    return mean + momentum * (x.mean(axes) - mean), variance + momentum * (unbiased - variance)


def convolution(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    layout = "NCHW"[: x.ndim], "OIHW"[: x.ndim], "NCHW"[: x.ndim]
    stride, padding, dilation = (for_each_dimension(option, x.ndim - 2) for option in (stride, padding, dilation))
    y = jax.lax.conv_general_dilated(
        x,
        weight,
        stride,
        [(p, p) for p in padding],
        rhs_dilation=dilation,
        dimension_numbers=layout,
        feature_group_count=groups,
    )
    return y if bias is None else y + bias.reshape(1, -1, *[1] * (x.ndim - 2))


def max_pool(x, kernel, stride=None, padding=0):
    return window_reduced(x, -jnp.inf, jax.lax.max, kernel, stride, padding)


def avg_pool(x, kernel, stride=None, padding=0):
    kernel = for_each_dimension(kernel, x.ndim - 2)
    return window_reduced(x, 0.0, jax.lax.add, kernel, stride, padding) / math.prod(kernel)


def window_reduced(x, start, reduce, kernel, stride, padding):
    spatial = x.ndim - 2
    kernel, padding = for_each_dimension(kernel, spatial), for_each_dimension(padding, spatial)
    stride = kernel if stride is None else for_each_dimension(stride, spatial)
    pads = [(0, 0), (0, 0), *((p, p) for p in padding)]
    return jax.lax.reduce_window(x, start, reduce, (1, 1, *kernel), (1, 1, *stride), pads)


def for_each_dimension(option, count):
    return option if isinstance(option, tuple) else (option,) * count


def lstm_layer(x, w_ih, w_hh, b_ih, b_hh):
    hidden = w_hh.shape[1]

    def step(state, of_input):
        h, c = state
        i, f, g, o = jnp.split(of_input + h @ w_hh.T, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    zeros = jnp.zeros((x.shape[1], hidden), x.dtype)
    (h, c), outputs = jax.lax.scan(step, (zeros, zeros), x @ w_ih.T + b_ih + b_hh)
    return outputs, h, c


def causal_attention(q, k, v, scale, mask=None, keep=1.0):
    scores = (q * scale) @ jnp.swapaxes(k, -1, -2)
    scores = jnp.where(jnp.tri(*scores.shape[-2:], dtype=bool), scores, -jnp.inf)
    weights = jax.nn.softmax(scores, axis=-1)
    if mask is not None:
        weights = weights * (mask.astype(q.dtype) / keep)
    return weights @ v


def attention(q, k, v, scale, mask=None, keep=1.0):
    weights = jax.nn.softmax((q * scale) @ jnp.swapaxes(k, -1, -2), axis=-1)
    if mask is not None:
        weights = weights * (mask.astype(q.dtype) / keep)
    return weights @ v


def clip_grad_norm(grads, max_norm):
    norm = jnp.sqrt(sum(jnp.sum(g * g) for g in jax.tree.leaves(grads)))
    scale = jnp.minimum(max_norm / (norm + 1e-6), 1.0)
    return jax.tree.map(lambda g: g * scale, grads), norm


def unscale(grads, scale):
    finite = jnp.stack([jnp.isfinite(g).all() for g in jax.tree.leaves(grads)]).all()
    return jax.tree.map(lambda g: g / scale, grads), finite


def adjust_scale(scale, good_steps, growth, backoff, interval, finite):
    due = good_steps + 1 == interval
    next_scale = jnp.where(finite, jnp.where(due, scale * growth, scale), scale * backoff)
    return next_scale, jnp.where(due | ~finite, 0, good_steps + 1)


def add(a, b):
    return jax.tree.map(jnp.add, a, b)


def where(condition, a, b):
    return jax.tree.map(lambda x, y: jnp.where(condition, x, y), a, b)


# PyTorch's random stream, MT19937: the state is 624 words, and how many of them are used up.


def dropout_masks(random, specs):
    """What each layer keeps, drawn in this order as PyTorch draws it, and the stream after that."""
    sizes = [2 * math.prod(shape) for _, shape, *_ in specs.values()]
    words, random = take_words(random, sum(sizes))
    masks = {}
    for (name, (p, shape, *axes)), size in zip(specs.items(), sizes, strict=True):
        high, low = divmod(math.ceil((1 - p) * 2.0**53), 2**32)  # a number of 53 bits is compared
        drawn, words = words[:size], words[size:]
        top, rest = drawn[::2] & jnp.uint32(2**21 - 1), drawn[1::2]
        kept = (top < jnp.uint32(high)) | ((top == jnp.uint32(high)) & (rest < jnp.uint32(low)))
        masks[name] = kept.reshape(shape).transpose(*axes) if axes else kept.reshape(shape)
    return masks, random


def take_words(random, count):
    """The next words of the stream, uint32."""

    def following(key, _):
        key = twist(key)
        return key, key

    key, used = random["key"], random["used"]
    _, blocks = jax.lax.scan(following, key, length=-(-count // 624))
    blocks = jnp.concatenate([key[None], blocks])
    words = blocks ^ (blocks >> 11)
    words = words ^ ((words << 7) & jnp.uint32(0x9D2C5680))
    words = words ^ ((words << 15) & jnp.uint32(0xEFC60000))
    words = (words ^ (words >> 18)).reshape(-1)
    start = jnp.where(used == 0, 624, used)
    block = (start + count - 1) // 624
    taken = jax.lax.dynamic_slice(words, (start,), (count,))
    return taken, {"key": blocks[block], "used": start + count - 624 * block}


def twist(key):
    """The next 624 words of MT19937; word i needs word i - 227 of its own block."""
    first = mix(key[:227], key[1:228], key[397:])
    second = mix(key[227:454], key[228:455], first)
    third = mix(key[454:623], key[455:], second[:169])
    return jnp.concatenate([first, second, third, mix(key[623:], first[:1], second[169:170])])


def mix(high, low, far):
    y = (high & jnp.uint32(0x80000000)) | (low & jnp.uint32(0x7FFFFFFF))
    return far ^ (y >> 1) ^ jnp.where(y & 1 == 1, jnp.uint32(0x9908B0DF), jnp.uint32(0))
