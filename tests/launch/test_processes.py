"""Processes that share tensors under `funcgrad run`, however they start; none waits for threads that it has not."""

import subprocess
import sys

import pytest

SCRIPT = """
import sys
import torch
import torch.multiprocessing as mp
import torch.nn.functional as F

def train(model, steps):
    x = torch.linspace(-1, 1, 256 * 64).sin().reshape(256, 64)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), x[:, :1])
        loss.backward()
        optimizer.step()
    return loss.item()

def work(index, model, seen):
    seen[index] = train(model, 3)

if __name__ == "__main__":
    method, steps = sys.argv[1], int(sys.argv[2])
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(64, 300), torch.nn.Tanh(), torch.nn.Linear(300, 1))
    for _ in range(steps):
        train(model, 1)
    model.share_memory()
    seen = torch.zeros(1).share_memory_()
    mp.start_processes(work, (model, seen), start_method=method)
    print(f"{seen.item():.4f} {train(model, 1):.4f}")
"""
AT_ONCE = "import funcgrad.trace; funcgrad.trace.set_credit(1e9)\n"
"""Has every step compiled."""


def run(tmp_path, script, *args):
    (tmp_path / "script.py").write_text(script)
    command = [sys.executable, "-m", "funcgrad", "run", str(tmp_path / "script.py"), *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("before", ["", AT_ONCE], ids=["on the host", "compiled"])
@pytest.mark.parametrize("steps", ["0", "2"])
def test_a_child_trains_the_parents_model(tmp_path, before, steps):
    found = {run(tmp_path, before + SCRIPT, method, steps) for method in ("fork", "spawn")}
    assert len(found) == 1
    seen, after = map(float, found.pop().split())
    assert 0 < after < seen


REFUSED = """
import os
import jax
import jax.numpy as jnp
import torch
from funcgrad.trace.forking import refuse
jax.jit(jnp.sin)(1.0)
if os.fork():
    print(os.waitstatus_to_exitcode(os.wait()[1]))
else:
    try:
        jax.jit(jnp.cos)(1.0)
    except RuntimeError as error:
        os._exit("none_after_fork" in str(error))
"""


def test_a_forked_process_that_uses_jax_itself_fails_at_once(tmp_path):
    assert run(tmp_path, REFUSED) == "1\n"


QUEUE = """
import torch, torch.multiprocessing as mp

def total(x):
    return x.sum()

def work(tasks, results, pipe):
    x = tasks.get()
    x += 1
    results.put(x[1])
    y = pipe.recv()
    y.mul_(2)
    pipe.send(y)
    tasks.get()

if __name__ == "__main__":
    mp.set_start_method("{method}")
    tasks, results, (here, there) = mp.Queue(), mp.Queue(), mp.Pipe()
    process = mp.Process(target=work, args=(tasks, results, there))
    process.start()
    x, y = torch.zeros(2, 2), torch.ones(3)
    tasks.put(x)
    row = results.get(timeout=60)
    here.send(y)
    z = here.recv()
    row[0] = 7
    print(x.tolist(), y.tolist(), z.data_ptr() == y.data_ptr(), row.is_shared())
    tasks.put(None)
    process.join(60)
    with mp.Pool(2) as pool:
        print([t.item() for t in pool.map(total, [torch.ones(n) for n in range(3)])])
    print(process.exitcode)
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_tensors_go_through_queues_pipes_and_pools(tmp_path, method):
    shown = "[[1.0, 1.0], [7.0, 1.0]] [2.0, 2.0, 2.0] True True\n[0.0, 1.0, 2.0]\n0\n"
    assert run(tmp_path, QUEUE.format(method=method)) == shown
