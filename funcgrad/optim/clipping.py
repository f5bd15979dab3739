"""Clipping of gradients, by their global norm or by value, as PyTorch defines it.

The coefficient is `max_norm / (norm + 1e-6)`, at most 1: a gradient that is clipped ends just below `max_norm`.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import optax

from funcgrad.optim._numeric import Scalar, like, widen

NORM_EPSILON = 1e-6  # PyTorch's; optax adds none


def global_norm(grads: Any, norm_type: float = 2.0) -> jax.Array:
    """The norm of a tree: the norm of its leaves' norms.

        norm = (sum |g|^p over all elements of all leaves)^(1/p)

    Args:
        grads: A tree of floating-point arrays.
        norm_type: The order p; `math.inf` for the largest magnitude.

    Returns:
        A scalar, in the widest dtype of the leaves; 0 in float32 without leaves.

    Example:
        >>> import jax
        >>> float(global_norm({"a": jax.numpy.array([3.0, 0.0]), "b": jax.numpy.array(4.0)}))
        5.0

    Source: `torch.nn.utils.get_total_norm`, PyTorch 2.13.
    """
    leaves = [jnp.asarray(leaf) for leaf in jax.tree.leaves(grads)]
    if not leaves:
        return jnp.zeros((), jnp.float32)
    return _vector_norm(_norms(leaves, norm_type), norm_type)


def clip_grad_norm(grads: Any, max_norm: Scalar, norm_type: float = 2.0) -> tuple[Any, jax.Array]:
    """Scales a tree down so that its global norm is at most `max_norm`.

        g = g * min(1, max_norm / (norm + 1e-6))

    An infinite norm turns finite gradients into 0 and infinite ones into nan.

    Args:
        grads: A tree of floating-point arrays.
        max_norm: The largest norm, a number or a scalar array.
        norm_type: The order of the norm; `math.inf` for the largest magnitude.

    Returns:
        The clipped tree, and its norm before clipping.

    Source: `torch.nn.utils.clip_grad_norm_`, PyTorch 2.13.
    """
    norm = global_norm(grads, norm_type)
    return clip_with_norm(grads, max_norm, norm), norm


def clip_with_norm(grads: Any, max_norm: Scalar, norm: jax.Array) -> Any:
    """Scales a tree down as `clip_grad_norm` does, by a norm that is known already.

    Source: `torch.nn.utils.clip_grads_with_norm_`, PyTorch 2.13.
    """
    # In PyTorch a number divided by a tensor is the number times the tensor's reciprocal, to the last bit.
    coefficient = jnp.minimum(like(max_norm, norm) * (1.0 / (norm + NORM_EPSILON)), 1.0)
    return jax.tree.map(lambda grad: grad * coefficient.astype(grad.dtype), grads)


def clip_grad_value(grads: Any, clip_value: float) -> Any:
    """Limits each element of a tree to `[-clip_value, clip_value]`.

    Source: `torch.nn.utils.clip_grad_value_`, PyTorch 2.13.
    """
    return jax.tree.map(lambda grad: jnp.clip(grad, -clip_value, clip_value), grads)


def clip_by_global_norm(max_norm: Scalar, norm_type: float = 2.0) -> optax.GradientTransformation:
    """`clip_grad_norm` as a transformation, to stand in an `optax.chain` before an optimizer.

    Args:
        max_norm: The largest norm, a number or a scalar array.
        norm_type: The order of the norm; `math.inf` for the largest magnitude.

    Returns:
        A transformation without state.

    Example:
        >>> import jax, optax
        >>> clip = clip_by_global_norm(1.0)
        >>> updates, _ = clip.update({"w": jax.numpy.array([3.0, 4.0])}, clip.init(None))
        >>> updates["w"].tolist()
        [0.5999999046325684, 0.7999998331069946]
    """
    return optax.stateless(lambda updates, _: clip_grad_norm(updates, max_norm, norm_type)[0])


def clip_by_value(clip_value: float) -> optax.GradientTransformation:
    """`clip_grad_value` as a transformation.

    Args:
        clip_value: The largest magnitude of an element.

    Returns:
        A transformation without state.
    """
    return optax.stateless(lambda updates, _: clip_grad_value(updates, clip_value))


def _norms(leaves: list[jax.Array], order: float) -> jax.Array:
    """The norm of each leaf, in the widest dtype."""
    dtypes = {leaf.dtype for leaf in leaves}
    if order == 2.0 and dtypes == {jnp.dtype(jnp.float32)}:  # else XLA compiles a root for each leaf
        return jnp.sqrt(jnp.stack([jnp.sum(leaf * leaf) for leaf in leaves]))
    widest = max(dtypes, key=lambda dtype: dtype.itemsize)
    return jnp.stack([_vector_norm(leaf, order).astype(widest) for leaf in leaves])


def _vector_norm(x: jax.Array, order: float) -> jax.Array:
    """The norm of all elements, rounded to the dtype of `x`."""
    if x.size == 0:  # the largest magnitude of no elements is an error in JAX and in PyTorch
        return jnp.zeros((), x.dtype)
    return jnp.linalg.norm(widen(x).ravel(), order).astype(x.dtype)
