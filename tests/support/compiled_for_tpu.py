"""The memory of a step on eight TPU v5e of 16 GB, from its compiler; no TPU is needed, only `pip install libtpu`.

python tests/support/compiled_for_tpu.py 16 16384
"""

import os
import sys

os.environ |= {"JAX_PLATFORMS": "cpu", "TPU_SKIP_MDS_QUERY": "1", "TPU_ACCELERATOR_TYPE": "v5litepod-8"}
os.environ |= {"TPU_WORKER_HOSTNAMES": "localhost", "TPU_WORKER_ID": "0"}

import jax
import jax.numpy as jnp
import optax
from jax.experimental import topologies
from jax.sharding import NamedSharding, PartitionSpec

from funcgrad.train import DataParallel, TrainState, make_train_step, weighted_sum

ROWS, GIB = 64, 2**30
OPTIMIZER = optax.adam(1e-3)


def loss_fn(params, batch):
    x = batch
    for w in params:
        x = jnp.tanh(x @ w)
    return weighted_sum(x.sum(axis=1))


def placed(tree, mesh, spec_of):
    """Arrays without values, where the step will find them."""
    return jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=NamedSharding(mesh, spec_of(leaf))), tree
    )


def main(layers, width, micro_batches=2):
    parallel = DataParallel.over(topologies.get_topology_desc("v5e:2x4", "tpu").devices, shard_state=True)
    params = [jax.ShapeDtypeStruct((width, width), jnp.float32)] * layers
    state = jax.eval_shape(lambda params: TrainState.create(params, OPTIMIZER), params)
    state = placed(state, parallel.mesh, parallel.spec)
    batch = placed(jax.ShapeDtypeStruct((ROWS, width), jnp.float32), parallel.mesh, lambda _: PartitionSpec("data"))
    step = make_train_step(loss_fn, OPTIMIZER, parallel=parallel, micro_batches=micro_batches)
    memory = step.lower(state, batch).compile().memory_analysis()
    print(
        f"parameters {4 * layers * width**2 / GIB:.2f} GiB; on each device: state {memory.argument_size_in_bytes / GIB:.2f}"
        f", peak {memory.peak_memory_in_bytes / GIB:.2f} GiB"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
