"""What listening costs: the digits example (64-32-10, batches of 32, SGD with momentum), heard and not heard by turns.

Run it on a machine that does nothing else; scikit-learn must be installed:
    python benchmarks/listening.py [--rounds 60] [--steps 100]

Each round runs one block of steps unheard (A), heard (B), and unheard (A) again. The ratio is the median of B / A
within a round, the control that of A / A: a ratio may be as wrong as the control is far from 1. `told` is B with a
listener that does nothing: what the telling itself costs.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import funcgrad.torch as torch
from funcgrad.audit import listen
from funcgrad.compare.digits import draw_batches, load_digits
from funcgrad.compare.loops import zero_grad_first
from funcgrad.compare.models import Classifier
from funcgrad.torch._listening import Listener, listeners

LIMIT = 1.10


def blocks(steps: int) -> Callable[[], float]:
    """A function that trains for a number of steps and returns the microseconds that one of them took."""
    images, labels = draw_batches(load_digits(seed=0), steps, batch_size=32, seed=0)
    pairs = [(torch.tensor(x), torch.tensor(y)) for x, y in zip(images, labels, strict=True)]
    torch.manual_seed(0)
    model = Classifier(hidden=32)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    def block() -> float:
        start = time.perf_counter()
        losses = list(zero_grad_first(model, optimizer, pairs))
        losses[-1].item()
        return (time.perf_counter() - start) / steps * 1e6

    return block


@contextmanager
def told() -> Generator[None]:
    """Have a listener that does nothing."""
    listener = Listener()
    listeners.append(listener)
    try:
        yield
    finally:
        listeners.remove(listener)


def rounds_of(block: Callable[[], float], rounds: int) -> dict[str, list[float]]:
    """Times of each kind of block, round by round."""
    kinds: dict[str, Callable[[], AbstractContextManager[object]]] = {
        "plain": nullcontext, "heard": listen, "control": nullcontext, "told": told,
    }  # fmt: skip
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number in range(rounds + 2):
        for kind, listening in kinds.items():
            with listening():
                taken = block()
            if number >= 2:  # the first blocks compile
                times[kind].append(taken)
    return times


def main() -> None:
    """Measure, and say whether the limit is kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--steps", type=int, default=100)
    given = parser.parse_args()
    times = rounds_of(blocks(given.steps), given.rounds)
    print(f"plain {statistics.median(times['plain']):.0f} us a step")
    for kind in ("control", "told", "heard"):
        ratio = statistics.median(b / a for a, b in zip(times["plain"], times[kind], strict=True))
        print(f"{kind:8}{ratio:.3f}" + (f"  (at most {LIMIT:.2f} is the goal)" if kind == "heard" else ""))


if __name__ == "__main__":
    main()
