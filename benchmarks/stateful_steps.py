"""The training loops of the first three examples, timed in blocks of steps: a PyTorch script that `steps.py` starts.

It reads a number of steps per line, runs them on a fresh model, and answers with the seconds of wall and of CPU time.
"""

import sys
import time

import torch
from torch import nn


def why_zero_grad():
    model = nn.Linear(1, 1)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def step():
        x = torch.randn(1)
        loss = criterion(model(x), x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step


def autograd_by_hand():
    x, y = torch.randn(64, 1000), torch.randn(64, 10)
    w1, w2 = torch.randn(1000, 100, requires_grad=True), torch.randn(100, 10, requires_grad=True)

    def step():
        loss = (x.mm(w1).clamp(min=0).mm(w2) - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            for w in (w1, w2):
                w -= 1e-6 * w.grad
                w.grad.zero_()
        return loss

    return step


def sgd_options():
    model = nn.Linear(10, 1)
    inputs, targets = torch.randn(1, 10), torch.randn(1, 1)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4, nesterov=True)

    def step():
        loss = criterion(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step


LOOPS = {loop.__name__: loop for loop in (why_zero_grad, autograd_by_hand, sgd_options)}


def main(name):
    for line in sys.stdin:
        torch.manual_seed(0)
        step = LOOPS[name]()
        for _ in range(3):  # untimed: the first gradient, and the first momentum, are made and not added to
            step().item()
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(int(line)):
            loss = step()
        loss.item()  # a lazy or asynchronous step has to be finished within its time
        print(time.perf_counter() - wall, time.process_time() - cpu, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
