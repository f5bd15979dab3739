"""How long a functionalized step takes beside the stateful one: called step by step, and as a scan.

On a machine that does nothing else:
    python benchmarks/functionalized_steps.py [--steps 50] [--rounds 10]

Stateful (A), pure (B) and scan (C) take turns in one process, a block of steps each; a ratio is the median over the
rounds of B / A and C / A. The stateful step is `funcgrad.torch`, which is itself compiled.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import jax

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from functionalized_proofs import PROOFS, first

import funcgrad.torch as torch
from funcgrad import functionalize


def blocks(name, steps):
    """Three functions that each take the same number of steps: stateful, pure, scan."""
    case = PROOFS[name](steps)
    pure = functionalize(case.step, *first(case), certify=0, **case.owners)
    state, _ = pure.scan(pure.state(), *case.batches)
    held = {"pure": state, "scan": jax.tree.map(lambda x: x.copy(), state)}
    batches = list(zip(*case.batches, strict=True))

    def stateful():
        losses = [case.step(*map(torch.tensor, batch)) for batch in batches]
        return losses[-1].item()

    def step_by_step():
        for batch in batches:
            held["pure"], loss = pure(held["pure"], *batch)
        return jax.block_until_ready((held["pure"], loss))

    def scan():
        held["scan"], losses = pure.scan(held["scan"], *case.batches)
        return jax.block_until_ready((held["scan"], losses))

    return stateful, step_by_step, scan


def seconds(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=50, help="of a block")
    parser.add_argument("--rounds", type=int, default=10)
    given = parser.parse_args()
    print(f"{'step':16}{'stateful':>12}{'pure':>10}{'scan':>10}   (µs a step; ratios to stateful)")
    for name in PROOFS:
        runs = blocks(name, given.steps)
        for run in runs * 2:
            run()
        rounds = [[seconds(run) for run in runs] for _ in range(given.rounds)]
        stateful = statistics.median(times[0] for times in rounds) / given.steps * 1e6
        ratios = [statistics.median(times[k] / times[0] for times in rounds) for k in (1, 2)]
        print(f"{name:16}{stateful:12.0f}{ratios[0]:10.2f}{ratios[1]:10.2f}")


if __name__ == "__main__":
    main()
