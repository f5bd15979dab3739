"""A process of a run over several, for tests; arguments as of examples/two_processes/train.py.

Sharded parameters, steps in a scan, a checkpoint that all write together and go on from, a stop that one process wants.
"""

import os
import sys
from pathlib import Path

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"

import jax
import numpy as np
import optax
import pytest
from training import make_batch, make_params, sum_loss

from funcgrad import train
from funcgrad.train import CheckpointError, DataParallel, EarlyStop, TrainState, fit, make_train_step
from funcgrad.train.processes import first_does, in_any, whole

Checkpoints = getattr(train, os.environ.get("CHECKPOINTS", "Checkpoints"))
OPTIMIZER = optax.sgd(0.1, momentum=0.9)


def run(folder, batches, **options):
    parallel = DataParallel.over(shard_state=True)
    state = parallel.place_state(TrainState.create(make_params(hidden=8), OPTIMIZER, rng=jax.random.key(0)))
    step = make_train_step(lambda params, batch, rng: sum_loss(params, batch), OPTIMIZER, parallel=parallel)
    placed = [parallel.place_batch(make_batch(8, seed=seed)) for seed in range(batches)]
    return fit(step, state, placed, scan=True, visit_every=2, checkpoints=Checkpoints(folder), **options)


def stops_at_four(number):
    """Only the last process wants to stop; all have to."""
    return [lambda visit: visit.steps == 4] if number else []


def check_that_an_error_of_the_first_reaches_all(number, folder):
    waits_for_the_first = number > 0 and Checkpoints is train.Checkpoints
    with pytest.raises(RuntimeError if waits_for_the_first else CheckpointError):
        Checkpoints(folder).save(4, {"w": np.ones(1)})  # it is there already


def main(number, processes, address, out):
    if processes > 1:
        jax.distributed.initialize(address, num_processes=processes, process_id=number)
        assert in_any(number == 1)
        assert not in_any(False)
    folder = Path(out).with_name("checkpoints")
    state, _ = run(folder, 9, callbacks=stops_at_four(number) if processes > 1 else [lambda visit: visit.steps == 4])
    assert int(state.step) == 4
    check_that_an_error_of_the_first_reaches_all(number, folder)
    patience = EarlyStop(of=lambda visit: -visit.steps, patience=1)
    state, metrics = run(folder, 7, callbacks=[patience])
    assert (int(state.step), len(metrics.loss)) == (7, 3)
    params = {name: whole(leaf) for name, leaf in state.params.items()}
    restored = Checkpoints(folder).restore(state).state
    assert all(np.array_equal(whole(leaf), params[name]) for name, leaf in restored.params.items())
    first_does(lambda: np.savez(out, loss=metrics.loss, **params))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
