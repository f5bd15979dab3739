"""One process of several; `launch.py` starts them: python train.py NUMBER PROCESSES ADDRESS OUT."""

import os
import sys

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=1"

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.optim import clip_by_global_norm, sgd
from funcgrad.train import DataParallel, TrainState, fit, make_train_step, weighted_sum

STEPS, ROWS, TOKENS = 40, 16, 6


def make_batch(step):
    """Sequences of unequal lengths: the halves of a batch do not weigh alike, so that means of means would be wrong."""
    rng = np.random.default_rng(step)
    x = rng.normal(size=(ROWS, TOKENS, 4)).astype(np.float32)
    lengths = rng.integers(1, TOKENS + 1, ROWS)
    return {"x": x, "y": x.sum(axis=-1) > 0.5, "mask": (np.arange(TOKENS) < lengths[:, None]).astype(np.float32)}


def loss_fn(params, batch):
    logits = jnp.tanh(batch["x"] @ params["w"] + params["b"]) @ params["out"]
    return weighted_sum(jnp.log1p(jnp.exp(jnp.where(batch["y"], -logits, logits))), batch["mask"])


def train():
    """The losses and the last parameters, the same in every process."""
    draw = np.random.default_rng(0).normal
    params = {"w": draw(size=(4, 32)), "b": np.zeros(32), "out": draw(size=32) / 6}
    optimizer, parallel = sgd(0.5, momentum=0.9), DataParallel.over()
    state = TrainState.create(jax.tree.map(np.float32, params), optimizer)
    step = make_train_step(loss_fn, optimizer, micro_batches=2, clip=clip_by_global_norm(1.0), parallel=parallel)
    own = slice(
        jax.process_index() * ROWS // jax.process_count(), (jax.process_index() + 1) * ROWS // jax.process_count()
    )
    shares = (jax.tree.map(lambda leaf: leaf[own], make_batch(number)) for number in range(STEPS))
    state, metrics = fit(step, parallel.place_state(state), map(parallel.place_share, shares))
    return {"loss": metrics.loss, **jax.tree.map(np.asarray, state.params)}


def main(number, processes, address, out):
    if processes > 1:
        jax.distributed.initialize(address, num_processes=processes, process_id=number)
    result = train()
    if number == 0:
        np.savez(out, **result)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
