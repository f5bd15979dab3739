"""A long loop that nobody looks into: memory, objects and programs at each tenth of it must stay what they were.

python benchmarks/soak.py [STEPS]
"""

from __future__ import annotations

import gc
import resource
import sys

import funcgrad.torch as torch
from funcgrad.trace import stats


def main(steps: int) -> None:
    """Train a small model with Adam and print a line at each tenth."""
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 1)
    optimizer = torch.optim.Adam(model.parameters())
    x = torch.randn(8, 4)
    print(f"{'step':>8} {'peak MB':>8} {'objects':>8} {'programs':>8}")
    for step in range(1, steps + 1):
        optimizer.zero_grad()
        loss = model(x).pow(2).mean()
        loss.backward()
        optimizer.step()
        if step % (steps // 10) == 0:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(f"{step:8} {peak:8} {len(gc.get_objects()):8} {stats.programs:8}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
