"""Unscaled gradients: a gradient is a value that nobody can change, and a loss scale is a factor and its division.

Run it with:
    python examples/unscaled_gradients/functional.py
"""

import jax
import jax.numpy as jnp

TINY = 1e-8  # the true gradient of the last part: float16 has nothing between 0 and 6e-8


def accumulate(steps):
    """The sum of the gradients after each step, the sum again, and the first gradient."""
    A = jnp.array([5.0])
    total = jnp.zeros(1)
    rows = []
    for step in range(steps):
        fresh = jax.grad(lambda A: (A * 5).sum())(A)
        total = total + fresh
        if step == 0:
            copy = total  # needs no clone: the array is never written again
        alias = total  # what a second name for .grad reads: to see the sum, one has to ask for the sum
        rows.append((total.item(), alias.item(), copy.item()))
    return rows


def two_elements():
    """The gradient of each of two elements: `jax.grad` too wants one number."""
    return jax.grad(lambda A: (A * 5).sum())(jnp.array([5.0, 6.0])).tolist()


def under_a_loss_scale(scale):
    """A gradient in float16 as `jax.grad` returns it, and divided by the scale in float32."""
    A = jnp.ones(1, jnp.float16)
    scaled = jax.grad(lambda A: (A * TINY**0.5 * TINY**0.5 * scale).sum())(A).astype(jnp.float32)
    return scaled.item(), (scaled / scale).item()


def main(steps=3):
    print("backward    A.grad     alias      copy")
    rows = accumulate(steps)
    for step, (grad, alias, copy) in enumerate(rows, start=1):
        print(f"{step:8d}{grad:10g}{alias:10g}{copy:10g}")

    print(f"\ntwo elements: {two_elements()}")

    print("\n   scale      scaled    unscaled")
    for scale in (1.0, 256.0, 1024.0):
        scaled, unscaled = under_a_loss_scale(scale)
        print(f"{scale:8g}{scaled:12.3g}{unscaled:12.2g}")
    return {"grad": rows[-1][0], "alias": rows[-1][1], "copy": rows[-1][2], "unscaled": unscaled}


if __name__ == "__main__":
    main()
