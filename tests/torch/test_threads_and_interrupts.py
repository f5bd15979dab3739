"""Two threads that train two models, and a Ctrl-C anywhere in a step."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import funcgrad.torch as torch


def make(seed):
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    x = torch.from_numpy(np.random.default_rng(seed).normal(size=(8, 3)).astype(np.float32))

    def step():
        optimizer.zero_grad()
        loss = (model(x) - 1).pow(2).mean()
        loss.backward()
        optimizer.step()
        return loss

    return step


def train(step, steps=60):
    return [step().item() for _ in range(steps)]


def test_two_threads_train_as_each_does_alone():
    alone = [train(make(seed)) for seed in (0, 1)]
    steps, found = [make(seed) for seed in (0, 1)], {}
    threads = [threading.Thread(target=lambda k=k: found.update({k: train(steps[k])})) for k in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[0], found[1]] == alone


def test_what_one_thread_has_recorded_another_goes_on_with():
    """As libraries load weights in a pool of threads, and give them back before they are computed."""
    shared = torch.arange(3.0) * 2

    def work(k):
        made = shared * k  # of the main thread's, not computed yet
        for _ in range(50):
            made = made + 1
        return made

    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            total = shared * 0
            for made in pool.map(work, range(8)):
                total = total + made
            assert total.tolist() == [400.0, 400.0 + 56, 400.0 + 112]


def test_a_graph_goes_on_in_another_thread():
    weight = torch.ones(3, requires_grad=True)
    with ThreadPoolExecutor(2) as pool:
        losses = list(pool.map(lambda k: (weight * k).sum(), range(4)))
        pool.submit(sum(losses).backward).result()
    assert weight.grad.tolist() == [6.0, 6.0, 6.0]


def interrupted(step, at):
    """Run a step that Ctrl-C interrupts at its `at`-th call of a function; whether it was."""
    calls = iter(range(at))

    def trace(frame, event, _):
        if event == "call" and next(calls, None) is None:
            sys.settrace(None)
            raise KeyboardInterrupt

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        step().item()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


@pytest.mark.parametrize("at", [1, 10, 30, 60, 100, 150, 210, 280, 360])
def test_training_goes_on_after_ctrl_c(at):
    step = make(0)
    before = train(step, 5)
    interrupted(step, at)
    after = train(step, 100)
    assert np.isfinite(after).all()
    assert after[-1] < before[-1]


def test_ctrl_c_does_reach_a_step():
    assert interrupted(make(0), 100)
