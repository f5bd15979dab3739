"""How long a training step takes: PyTorch against funcgrad's stateful face, and funcgrad.train against JAX by hand.

Run it from the development environment with PyTorch installed (`pip install -e '.[dev,parity]'`), on a machine that
does nothing else:
    python benchmarks/steps.py [--threads default] [--rounds 30] [--out steps.json]

Stateful: each loop runs in three processes, PyTorch (A), funcgrad (B) and PyTorch again (the control), which take
turns, a block of steps each, while the others sleep. Functional: by hand (A), funcgrad.train (B) and by hand again, by
turns in one process, always with all processors: JAX runs a step on another thread than the one that starts it, and on
one processor the ratio would tell how the system switches between the two. A ratio is the median of B / A within a
round, so that what slows both cancels: below 1 funcgrad is faster. The control is A / A in the same way: a ratio may be
as wrong as the control is far from 1.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

LOOPS = ("why_zero_grad", "autograd_by_hand", "sgd_options")
WORKER = Path(__file__).with_name("stateful_steps.py")
PYTORCH, FUNCGRAD = (sys.executable,), (sys.executable, "-m", "funcgrad", "run")
BLOCK_SECONDS = 0.05


@contextmanager
def worker(command, loop):
    """A process that runs blocks of a loop's steps; gives `block(steps)`, the seconds of wall and of CPU time."""
    process = subprocess.Popen([*command, WORKER, loop], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def block(steps):
        print(steps, file=process.stdin, flush=True)
        answer = process.stdout.readline()
        if not answer:
            sys.exit(f"benchmarks/steps.py: the worker {' '.join(map(str, process.args))} ended; see its error above.")
        wall, cpu = map(float, answer.split())
        return wall, cpu

    try:
        yield block
    finally:
        process.stdin.close()
        process.wait()


def timed(run):
    """The `block(steps)` of a function of this process."""

    def block(steps):
        wall, cpu = time.perf_counter(), time.process_time()
        run(steps)
        return time.perf_counter() - wall, time.process_time() - cpu

    return block


def compare(a, b, control, rounds):
    """Medians of seconds a step, and of the ratios within each round, for wall and for CPU time."""
    steps = settle(a, b, control)
    turns = [(a(steps), b(steps), control(steps)) for _ in range(rounds)]
    return {
        "steps_in_a_block": steps,
        "wall": medians([[wall / steps for wall, _ in turn] for turn in turns]),
        "cpu": medians([[cpu / steps for _, cpu in turn] for turn in turns]),
    }


def settle(*blocks):
    """Warm everything up and return how many steps make a block, by the first one's speed."""
    steps = 20
    for _ in range(3):
        steps = max(10, round(steps * BLOCK_SECONDS / blocks[0](steps)[0]))
    for block in blocks * 2:
        block(steps)
    return steps


def medians(rows):
    a, b, control = zip(*rows, strict=True)
    return {
        "a": statistics.median(a),
        "b": statistics.median(b),
        "ratio": statistics.median(y / x for x, y in zip(a, b, strict=True)),
        "control": statistics.median(y / x for x, y in zip(a, control, strict=True)),
        "rows": rows,
    }


def stateful(rounds, processors):
    for loop in LOOPS:
        with ExitStack() as stack:
            stack.enter_context(processors())
            a, b, control = (stack.enter_context(worker(side, loop)) for side in (PYTORCH, FUNCGRAD, PYTORCH))
            yield loop, compare(a, b, control, rounds)


def functional(rounds):
    import functional_steps  # here: JAX counts the processors when it is imported

    for name in functional_steps.SIZES:
        by_hand, by_funcgrad = functional_steps.by_hand, functional_steps.by_funcgrad
        yield name, compare(*(timed(make(name)) for make in (by_hand, by_funcgrad, by_hand)), rounds)


def report(title, a, b, results):
    print(f"{title:28}{a:>14}{b:>14}{'ratio':>8}{'CPU':>8}{'control':>8}")
    collected = {}
    for name, result in results:
        wall, cpu = result["wall"], result["cpu"]
        times = f"{wall['a'] * 1e6:11.1f} µs{wall['b'] * 1e6:11.1f} µs"
        print(f"{name:28}{times}{wall['ratio']:8.3f}{cpu['ratio']:8.3f}{wall['control']:8.3f}", flush=True)
        collected[name] = result
    print()
    return collected


def conditions(threads):
    packages = ("torch", "jax", "jaxlib", "optax")
    return {
        "versions": {name: importlib.metadata.version(name) for name in packages},
        "python": platform.python_version(),
        "threads": threads,
        "processors": os.cpu_count(),
        "load": os.getloadavg(),
    }


@contextmanager
def one_processor():
    """Pins this process and the workers that it starts."""
    if not hasattr(os, "sched_setaffinity"):
        sys.exit("benchmarks/steps.py: this system cannot pin a process to one processor; pass --threads default.")
    every = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(every)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, every)


def arguments(description, pinned):
    """The command line of a benchmark against PyTorch; `pinned` is what one processor is for."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", choices=("one", "default"), default="one", help=f"one pins {pinned} to one CPU")
    parser.add_argument("--rounds", type=int, default=15, help="turns of each side")
    parser.add_argument("--out", type=Path, help="write every measurement into this JSON file")
    args = parser.parse_args()
    if args.rounds < 1:
        parser.error(f"--rounds is {args.rounds}, expected at least 1")
    if args.out and not args.out.parent.is_dir():
        parser.error(f"--out names the folder {args.out.parent}, which does not exist; make it first")
    if importlib.util.find_spec("torch") is None:
        parser.exit(1, f"{parser.prog} measures against PyTorch, which is absent: pip install -e '.[parity]'\n")
    return args


def main():
    args = arguments(__doc__, "stateful loops")
    processors = one_processor if args.threads == "one" else nullcontext

    results = {"conditions": conditions(args.threads)}
    results["stateful"] = report("stateful step", "PyTorch", "funcgrad", stateful(args.rounds, processors))
    results["functional"] = report("functional step", "by hand", "funcgrad", functional(args.rounds))
    if args.out:
        args.out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
