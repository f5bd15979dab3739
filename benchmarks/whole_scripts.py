"""Thirteen training scripts, unmodified: PyTorch against funcgrad, with the same step written by hand in JAX as floor.

Run it from the development environment with PyTorch installed (`pip install -e '.[demo,dev,parity]'`), on a machine
that does nothing else:
    python benchmarks/whole_scripts.py [SCRIPT ...] [--threads default] [--plot steps.png] [--json steps.json]

Each script runs in processes of its own: PyTorch, funcgrad without kept programs, PyTorch again (the control), funcgrad
with the programs that the other has kept, and JAX by hand. A script prints its loss every so many steps, and waits at
each printed line for its turn (`gated.py`), stopped with all its threads: one process works at a time, so that what
slows all cancels. A step's time is that between two lines, divided. A ratio is the median of funcgrad / PyTorch over
the lines of the second half: below 1 funcgrad is faster. The control is PyTorch / PyTorch in the same way. In the table
A is PyTorch, B is funcgrad.
"""

import argparse
import importlib.util
import itertools
import json
import math
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, nullcontext
from pathlib import Path

from steps import conditions, one_processor

SCRIPTS = Path(__file__).with_name("scripts")
BY_HAND = Path(__file__).with_name("by_hand.py")
GATED = str(Path(__file__).with_name("gated.py"))
NAMES = (
    *("tiny_linear", "two_layer", "sgd_momentum", "mlp_digits", "cnn", "lstm_char", "gpt_plain", "gpt_sdpa"),
    *("residual_cnn", "accumulation", "many_layers", "item_every_step", "batch_sizes"),
)
OVERHEAD = {"tiny_linear", "sgd_momentum", "mlp_digits", "accumulation", "many_layers", "batch_sizes"}
"""Scripts that compute so little that calling operators takes most of PyTorch's time."""

PYTHON = (sys.executable, GATED)
FUNCGRAD = (sys.executable, "-m", "funcgrad", "run", "--stats", GATED)
SAME = 1e-3  # relative difference of two losses that count as equal
HEAD = """\
                  ms a     times PyTorch's step     first loss, s  whole   peak MB pro-
script            step   wall   CPU   A/A   JAX     A   cold kept      A     A   B grams"""


class Turns:
    """A process that stops at each line it prints, and what came before each line."""

    def __init__(self, command, cache):
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 a pipe that nobody reads could fill up
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [*map(str, command)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=os.environ | {"FUNCGRAD_CACHE": cache},
        )
        self.cpu, self.lines, self.usage = 0.0, [], None
        self._read()

    def take(self):
        """Let it go on to its next line, or to its end."""
        if self.usage is None:
            self.started = time.perf_counter()
            self.process.send_signal(signal.SIGCONT)
            print(file=self.process.stdin, flush=True)
            self._read()

    def _read(self):
        line = self.process.stdout.readline()
        wall = time.perf_counter() - self.started
        if not line:
            self._end(wall)
            return
        self.process.send_signal(signal.SIGSTOP)
        cpu, step, loss = line.split()
        self.lines.append({"step": int(step), "loss": float(loss), "wall": wall, "cpu": float(cpu) - self.cpu})
        self.cpu = float(cpu)

    def _end(self, wall):
        _, status, self.usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.ending = wall
        self.errors.seek(0)
        self.said = self.errors.read()
        if self.process.returncode:
            sys.exit(f"benchmarks/whole_scripts.py: {' '.join(self.process.args)} failed:\n{self.said}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def figures(self):
        """What is kept of the process."""
        compiled = re.search(r"(\d+) programs compiled", self.said)
        return {
            "lines": self.lines,
            "step": statistics.median(self.steps("wall")),
            "first": self.lines[0]["wall"],
            "whole": sum(line["wall"] for line in self.lines) + self.ending,
            "peak": self.usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
            "compiled": int(compiled[1]) if compiled else None,
        }

    def steps(self, clock):
        """Seconds a step before each line that counts: on the first the host computes, and programs are compiled."""
        lines = self.lines[len(self.lines) // 2 :]
        return [line[clock] / (line["step"] - before["step"]) for before, line in itertools.pairwise(lines)]


def measure(name):
    """All processes of a script, by turns."""
    script = SCRIPTS / f"{name}.py"
    with tempfile.TemporaryDirectory() as cache, ExitStack() as stack:
        commands = {
            "a": (*PYTHON, script),
            "b": (*FUNCGRAD, script),
            "control": (*PYTHON, script),
            "again": (*FUNCGRAD, script),
            "jax": (*PYTHON, BY_HAND, name),
        }
        sides = {side: stack.enter_context(Turns(command, cache)) for side, command in commands.items()}
        while any(turns.usage is None for turns in sides.values()):
            for turns in sides.values():
                turns.take()
        ratios = {side: ratio(turns, sides["a"], "wall") for side, turns in sides.items()}
        return {side: turns.figures() | {"ratio": ratios[side]} for side, turns in sides.items()} | {
            "cpu_ratio": ratio(sides["b"], sides["a"], "cpu"),
            "differs": first_difference(sides["a"].lines, sides["b"].lines),
        }


def ratio(turns, others, clock):
    return statistics.median(y / x for x, y in zip(others.steps(clock), turns.steps(clock), strict=True))


def first_difference(lines, others):
    """The first step after which two runs print another loss, with both losses."""
    for a, b in zip(lines, others, strict=True):
        if not math.isclose(a["loss"], b["loss"], rel_tol=SAME):
            return a["step"], a["loss"], b["loss"]
    return None


def row(name, found):
    a, b = found["a"], found["b"]
    ratios = (b["ratio"], found["cpu_ratio"], found["control"]["ratio"], found["jax"]["ratio"])
    text = f"{name:16}{a['step'] * 1e3:6.2f} " + "".join(f"{x:6.2f}" for x in ratios)
    text += f"{a['first']:6.1f}{b['first']:6.1f}{found['again']['first']:5.1f}{b['whole'] / a['whole']:7.2f}"
    text += f"{a['peak'] / 1e6:6.0f}{b['peak'] / 1e6:5.0f}{b['compiled']:4}"
    if found["differs"]:
        text += "\n  the losses differ: after step {} PyTorch prints {}, funcgrad {}".format(*found["differs"])
    return text


def summary(results):
    """The means that the targets are about."""
    ratios = {name: found["b"]["ratio"] for name, found in results.items()}
    few = [ratios[name] for name in ratios if name in OVERHEAD]
    slowest = max(ratios, key=ratios.__getitem__)
    lines = [
        f"geometric mean of wall times: {statistics.geometric_mean(ratios.values()):.2f} of PyTorch's",
        f"where operators are small:    {statistics.geometric_mean(few):.2f}" if few else "",
        f"slowest:                      {ratios[slowest]:.2f}, {slowest}",
    ]
    return "\n".join(filter(None, lines))


def plot(results, path):
    import matplotlib.pyplot as plt  # here: a run without a picture needs no matplotlib

    names = list(results)[::-1]
    figure, axes = plt.subplots(figsize=(7, 0.32 * len(names) + 1), layout="constrained")
    axes.hlines(names, 1, [results[name]["b"]["ratio"] for name in names], color="#2a6f97", lw=2)
    axes.plot([results[name]["b"]["ratio"] for name in names], names, "o", color="#2a6f97", ms=7, label="funcgrad")
    floors = [results[name]["jax"]["ratio"] for name in names]
    axes.plot(floors, names, "|", color="#d1495b", ms=12, mew=2, label="JAX and optax by hand")
    axes.axvline(1, color="black", lw=1)
    ticks = (0.1, 0.2, 0.5, 1, 2)
    axes.set(xscale="log", xlabel="time of a step; PyTorch = 1", xticks=ticks, xticklabels=ticks)
    axes.minorticks_off()
    axes.legend(frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="SCRIPT", help=f"of {', '.join(NAMES)} (default: all)")
    parser.add_argument("--threads", choices=("one", "default"), default="one", help="one pins all to one processor")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the ratios")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every measurement")
    args = parser.parse_args()
    for name in {*args.names} - {*NAMES}:
        parser.error(f"no script {name!r}; expected {', '.join(NAMES)}")
    for path in filter(None, (args.plot, args.json)):
        if not path.parent.is_dir():
            parser.error(f"the folder {path.parent} does not exist; make it first")
    if importlib.util.find_spec("torch") is None:
        parser.exit(1, "whole_scripts.py measures against PyTorch, which is absent: pip install -e '.[parity]'\n")
    results = {}
    print(HEAD)
    with one_processor() if args.threads == "one" else nullcontext():
        for name in args.names or NAMES:
            results[name] = measure(name)
            print(row(name, results[name]), flush=True)
    print(summary(results))
    if args.plot:
        plot(results, args.plot)
    if args.json:
        args.json.write_text(json.dumps({"conditions": conditions(args.threads), "scripts": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
