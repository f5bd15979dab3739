"""A checkpointing run that is killed with SIGKILL again and again, and must end with the bits of an undisturbed one.

    python tests/support/killed_training.py 50

The run itself is this script with `train FOLDER OUT`: it saves at every step, so most moments are within a save.
"""

import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax

from funcgrad.train import Checkpoints, TrainState, fit, make_train_step, weighted_sum

STEPS = 150
PAUSE = 0.15  # seconds after a sign of life within which a kill comes


def loss_fn(params, batch, rng):
    kept = jax.random.bernoulli(rng, 0.5, batch.shape)
    return weighted_sum((jnp.where(kept, batch, 0) @ params["w"] - 1) ** 2)


def train(folder, out):
    """The run: goes on from what it finds in the folder."""
    optimizer = optax.adam(1e-2)
    batches = (np.random.default_rng(k).standard_normal((4, 64)).astype(np.float32) for k in range(STEPS))
    state = TrainState.create({"w": jnp.zeros((64, 512))}, optimizer, rng=jax.random.key(0))
    step = make_train_step(loss_fn, optimizer, micro_batches=2)
    state, _ = fit(step, state, batches, visit_every=1, checkpoints=Checkpoints(folder, keep=2))
    np.save(out, state.params["w"])


def killed(kills, seed=0):
    """Kill that many runs; returns the final parameters, those of an undisturbed run, and the steps reached at each kill."""
    draw, reached = random.Random(seed), []
    with tempfile.TemporaryDirectory() as place:
        folder, out, alone = (Path(place) / name for name in ("checkpoints", "killed.npy", "alone.npy"))
        for _ in range(kills):
            reached.append(_run_and_kill(folder, out, draw.uniform(0, PAUSE)))
            if out.exists():  # it came to its end before the kill: begin a new one
                break
        subprocess.run(_command(folder, out), check=True)
        subprocess.run(_command(Path(place) / "other", alone), check=True)
        return np.load(out), np.load(alone), reached


def _command(folder, out):
    return [sys.executable, __file__, "train", str(folder), str(out)]


def _run_and_kill(folder, out, pause):
    before = _names(folder)
    process = subprocess.Popen(_command(folder, out))
    while _names(folder) == before and process.poll() is None:
        time.sleep(0.001)
    time.sleep(pause)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return Checkpoints(folder).steps()[-1]


def _names(folder):
    return {path.name for path in folder.glob("*")} if folder.exists() else set()


def main(kills):
    done, seed = 0, 0
    while done < kills:
        final, alone, reached = killed(min(8, kills - done), seed)
        assert np.array_equal(final, alone), f"after kills at {reached} the parameters differ"
        done, seed = done + len(reached), seed + 1
        print(f"{done} kills, at steps {reached} of {STEPS}: the same bits", flush=True)


if __name__ == "__main__":
    train(*sys.argv[2:]) if sys.argv[1] == "train" else main(int(sys.argv[1]))
