"""Two processes that train as one, each on its own half of every batch, and end with the numbers of one process.

Run it with:
    python examples/two_processes/launch.py [--processes 2]

Here they share a machine and talk over loopback. On several machines each starts `train.py` with the address of one.
"""

import argparse
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

TRAIN = Path(__file__).with_name("train.py")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(processes):
    """The losses and the final parameters of a run over that many processes."""
    with tempfile.TemporaryDirectory() as folder:
        out, address = Path(folder) / "result.npz", f"127.0.0.1:{free_port()}"
        rest = [str(processes), address, str(out)]
        started = [subprocess.Popen([sys.executable, TRAIN, str(number), *rest]) for number in range(processes)]
        try:
            codes = codes_of(started)
        finally:
            for process in started:
                process.kill()  # those that wait for one that has failed
                process.wait()
        if any(codes):
            sys.exit(f"the processes ended with {codes}, expected zeros: their errors are above")
        return dict(np.load(out))


def codes_of(processes):
    """The exit codes, once all have ended or one has failed: the others would wait for it."""
    while None in (codes := [process.poll() for process in processes]) and not any(codes):
        time.sleep(0.02)
    return codes


def main(processes=2):
    alone, together = run(1), run(processes)
    difference = max(np.abs(together[name] - alone[name]).max() / np.abs(alone[name]).max() for name in alone)
    for name, result in (("1 process", alone), (f"{processes} processes", together)):
        print(f"{name:12}  loss {result['loss'][0]:.6f} -> {result['loss'][-1]:.6f}")
    print(f"largest relative difference: {difference:.1e}")
    return difference, float(together["loss"][0]), float(together["loss"][-1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--processes", type=int, default=2)
    main(parser.parse_args().processes)
