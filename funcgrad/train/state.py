"""TrainState: everything that a training step reads and replaces.

It is a pytree by its fields, so none can be lost on the way through a transformation.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from funcgrad.train.arguments import check_arrays, check_key, check_kind, check_transformation
from funcgrad.train.precision import LossScale


class TrainState(NamedTuple):
    """The parameters of a model, its optimizer's memory, the source of randomness and the count of steps.

    A named tuple, because `jit` takes one apart and puts it together in a third of a dataclass's time.

    Example:
        >>> state = TrainState.create({"w": jnp.ones(3)}, optax.sgd(0.1))
        >>> int(state.step)
        0
    """

    params: Any  # pytree of floating arrays
    opt_state: Any  # pytree of the optimizer
    rng: jax.Array | None  # key[]; None when the loss draws nothing at random
    step: jax.Array  # int32[], steps so far, skipped ones included
    loss_scale: LossScale | None = None  # None when the loss is not scaled
    collections: Any = None  # pytree that the loss replaces without a gradient: BatchNorm statistics; None for none

    @classmethod
    def create(
        cls,
        params: Any,
        optimizer: optax.GradientTransformation,
        *,
        rng: jax.Array | None = None,
        loss_scale: LossScale | None = None,
        collections: Any = None,
    ) -> TrainState:
        """Return the state before the first step.

        Args:
            params: pytree of floating arrays, of JAX or NumPy. They are copied: the step donates its state, and the
                arrays that you hold must survive that.
            optimizer: the transformation that `make_train_step` will get too.
            rng: a `jax.random.key`, for a loss with dropout or noise. It stays the same for the whole run; step n
                uses `fold_in(rng, n)`.
            loss_scale: a scale for the loss of 16-bit computation; it makes the step skip updates that are not finite.
            collections: pytree of arrays that `loss_fn` gets and returns changed, such as BatchNorm statistics.

        Returns:
            The state at step 0.

        Raises:
            TypeError: if there is something else than arrays among the parameters, or an argument of another kind.
        """
        check_transformation("optimizer", optimizer, "funcgrad.optim.adamw(1e-3)")
        check_kind("loss_scale", loss_scale, LossScale, "LossScale.dynamic() or LossScale.static(1024.0)")
        check_key(rng)
        check_arrays(params)
        params = jax.tree.map(_own, params)
        state = cls(params, optimizer.init(params), rng, jnp.zeros((), jnp.int32), loss_scale, collections)
        return jax.tree.map(_own, state)


def _own(leaf: Any) -> jax.Array:
    # A copy, because an optimizer may start two moments as one array, and an array can be donated only once. Strongly
    # typed, because the first step would return it so, and the second one would be compiled again.
    leaf = jnp.asarray(leaf)
    return jnp.array(leaf, dtype=leaf.dtype, copy=True)
