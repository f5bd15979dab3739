"""A checkpointing run that is killed with SIGKILL again and again, and must end with the bits of an undisturbed one.

    python tests/support/killed_training.py 50 [OrbaxCheckpoints]

The run itself is this script with `train FORMAT FOLDER OUT STEPS`: it saves at every step, so most moments are within a
save.
"""

import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from funcgrad import train
from funcgrad.train import TrainState, fit, make_train_step, weighted_sum

STEPS = 150
PAUSE = 0.15  # seconds after a sign of life within which a kill comes


class Kill(NamedTuple):
    step: int  # of the newest complete checkpoint
    in_save: bool  # whether another one was begun


def loss_fn(params, batch, rng):
    kept = jax.random.bernoulli(rng, 0.5, batch.shape)
    return weighted_sum((jnp.where(kept, batch, 0) @ params["w"] - 1) ** 2)


def run(form, folder, out, steps):
    """The run: goes on from what it finds in the folder."""
    optimizer = optax.adam(1e-2)
    batches = (np.random.default_rng(k).standard_normal((4, 64)).astype(np.float32) for k in range(int(steps)))
    state = TrainState.create({"w": jnp.zeros((64, 512))}, optimizer, rng=jax.random.key(0))
    step = make_train_step(loss_fn, optimizer, micro_batches=2)
    state, _ = fit(step, state, batches, visit_every=1, checkpoints=getattr(train, form)(folder, keep=2))
    np.save(out, state.params["w"])


def killed(kills, form="Checkpoints", seed=0, steps=STEPS):
    """Kill that many runs; returns the final parameters, those of an undisturbed run, and what was there at each kill."""
    draw, found = random.Random(seed), []
    with tempfile.TemporaryDirectory() as place:
        folder, out, alone = (Path(place) / name for name in ("checkpoints", "killed.npy", "alone.npy"))
        for _ in range(kills):
            found.append(_run_and_kill(_command(form, folder, out, steps), folder, draw.uniform(0, PAUSE)))
            if out.exists():  # it came to its end before the kill: begin a new one
                break
        subprocess.run(_command(form, folder, out, steps), check=True)
        subprocess.run(_command(form, Path(place) / "other", alone, steps), check=True)
        return np.load(out), np.load(alone), found


def _command(form, *arguments):
    return [sys.executable, __file__, "train", form, *map(str, arguments)]


def _run_and_kill(command, folder, pause):
    before = _names(folder)
    process = subprocess.Popen(command)
    while _names(folder) == before and process.poll() is None:
        time.sleep(0.001)
    time.sleep(pause)
    process.send_signal(signal.SIGKILL)
    process.wait()
    names = _names(folder)
    complete = [int(name) for name in names if name.isdigit()]
    return Kill(max(complete, default=0), len(complete) < len(names))


def _names(folder):
    return {path.name for path in folder.glob("*")} if folder.exists() else set()


def main(kills, form="Checkpoints"):
    done, in_save, seed = 0, 0, 0
    while done < kills:
        final, alone, found = killed(min(8, kills - done), form, seed)
        steps = [kill.step for kill in found]
        assert np.array_equal(final, alone), f"after kills at {steps} the parameters differ"
        done, in_save, seed = done + len(found), in_save + sum(kill.in_save for kill in found), seed + 1
        print(f"{done} kills, {in_save} within a save, at steps {steps} of {STEPS}: the same bits", flush=True)


if __name__ == "__main__":
    run(*sys.argv[2:]) if sys.argv[1] == "train" else main(int(sys.argv[1]), *sys.argv[2:])
