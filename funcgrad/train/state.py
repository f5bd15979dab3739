"""TrainState: everything that a training step reads and replaces.

It is a pytree registered from its field list, so no field can be lost on the way through a transformation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import optax


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class TrainState:
    """The parameters of a model, its optimizer's memory, the source of randomness and the count of updates.

    Example:
        >>> state = TrainState.create({"w": jnp.ones(3)}, optax.sgd(0.1))
        >>> int(state.step)
        0
    """

    params: Any  # pytree of floating arrays
    opt_state: Any  # pytree of the optimizer
    rng: jax.Array | None  # key[]; None when the loss draws nothing at random
    step: jax.Array  # int32[], updates applied so far

    @classmethod
    def create(
        cls, params: Any, optimizer: optax.GradientTransformation, *, rng: jax.Array | None = None
    ) -> TrainState:
        """Return the state before the first step.

        Args:
            params: pytree of floating arrays, of JAX or NumPy. They are copied: the step donates its state, and the
                arrays that you hold must survive that.
            optimizer: the transformation that `make_train_step` will get too.
            rng: a `jax.random.key`, for a loss with dropout or noise. It stays the same for the whole run; step n
                uses `fold_in(rng, n)`.

        Returns:
            The state at step 0.
        """
        params = jax.tree.map(_strong_copy, params)
        rng = None if rng is None else jnp.copy(rng)
        return cls(params, optimizer.init(params), rng, jnp.zeros((), jnp.int32))


def _strong_copy(leaf: Any) -> jax.Array:
    # A weakly typed leaf would come back strongly typed from the first step and compile the second one again.
    return jnp.array(leaf, dtype=jnp.result_type(leaf), copy=True)
