import chex
import jax
import jax.numpy as jnp
import numpy as np
from training import make_batch, make_params, rows_of, sum_loss

from funcgrad.train import leaf_norms, per_example_gradients


def test_gradients_of_examples_are_those_of_batches_of_one_and_add_up():
    params, batch = make_params(), make_batch(4)
    grads = per_example_gradients(sum_loss, params, batch)
    total = lambda params, batch: sum_loss(params, batch).total  # noqa: E731
    alone = [jax.grad(total)(params, rows_of(batch, slice(i, i + 1))) for i in range(4)]
    chex.assert_trees_all_close(grads, jax.tree.map(lambda *rows: np.stack(rows), *alone), rtol=1e-5, atol=1e-6)
    added = jax.tree.map(lambda leaf: leaf.sum(axis=0), grads)
    chex.assert_trees_all_close(added, jax.grad(total)(params, batch), rtol=1e-5, atol=1e-6)


def test_the_loss_gets_a_batch_of_one_example():
    rows = per_example_gradients(
        lambda w, x: (w * x.sum(axis=1)).mean(), jnp.float32(1), jnp.array([[1.0, 2.0], [3.0, 4.0]])
    )
    assert rows.tolist() == [3.0, 7.0]


def test_norms_go_under_the_path_of_their_leaf():
    norms = leaf_norms({"a": [jnp.array([[3.0], [4.0]])], "b": jnp.full(70000, 1, jnp.float16)})
    assert {path: round(float(norm), 2) for path, norm in norms.items()} == {"['a'][0]": 5.0, "['b']": 264.58}
