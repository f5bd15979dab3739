"""A step's freed memory stays in the process, a compiler's goes back, where the C library can be told so."""

import os
import subprocess
import sys
import textwrap

import jax
import numpy as np
import pytest

from funcgrad.trace import persistence

FAULTS = """
    import resource, sys, threading
    import numpy as np
    import funcgrad
    kept = sys.argv[1] == "kept" and funcgrad.keep_freed_memory()

    def step():
        return [np.ones(4_000_000) for _ in range(3)] and None

    def steps():
        for _ in range(3):
            step()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(10):
            step()
        print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, kept)

    if sys.argv[2] == "thread":
        threading.Thread(target=steps).start()
    else:
        steps()
"""
BUFFERS = 10 * 12_000_000 * 8


def pages_asked_for(choice, where):
    command = [sys.executable, "-c", textwrap.dedent(FAULTS), choice, where]
    faults, kept = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(faults), kept == "True"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only the C library of Linux is told")
@pytest.mark.parametrize("where", ["main", "thread"])
def test_freed_memory_is_used_again(where):
    without, _ = pages_asked_for("default", where)
    faults, kept = pages_asked_for("kept", where)
    if kept:  # other C libraries than glibc cannot be told
        assert faults < 100
        assert without > BUFFERS / os.sysconf("SC_PAGE_SIZE") / 512  # pages may be huge ones of 2 MiB


HOLES = """
    import funcgrad
    from funcgrad.memory import return_freed_memory
    import re

    def resident():
        return int(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read())[1])

    kept = funcgrad.keep_freed_memory()
    blocks = [bytes(2000) for _ in range(50_000)]
    blocks = blocks[::50]
    before = resident()
    return_freed_memory()
    print(before - resident(), kept)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only the C library of Linux is told")
def test_memory_with_holes_goes_back():
    command = [sys.executable, "-c", textwrap.dedent(HOLES)]
    returned, kept = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert kept == "False" or int(returned) > 50_000  # kilobytes, of 98,000


def test_compiling_gives_its_memory_back(monkeypatch):
    given = []
    monkeypatch.setattr(persistence, "return_freed_memory", lambda: given.append(True))
    persistence.Loadable(jax.jit(lambda x: x + 1), None).prepare(np.ones(3))
    assert given
