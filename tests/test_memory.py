"""Freed memory stays in the process, where the C library can be told so."""

import os
import subprocess
import sys
import textwrap

import pytest

FAULTS = """
    import resource, sys
    import numpy as np
    import funcgrad
    kept = sys.argv[1] == "kept" and funcgrad.keep_freed_memory()
    for _ in range(3):
        np.ones(12_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        np.ones(12_000_000)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, kept)
"""
BUFFERS = 10 * 12_000_000 * 8


def pages_asked_for(choice):
    command = [sys.executable, "-c", textwrap.dedent(FAULTS), choice]
    faults, kept = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(faults), kept == "True"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only the C library of Linux is told")
def test_freed_memory_is_used_again():
    without, _ = pages_asked_for("default")
    faults, kept = pages_asked_for("kept")
    if kept:  # other C libraries than glibc cannot be told
        assert faults < 100
        assert without > BUFFERS / os.sysconf("SC_PAGE_SIZE") / 512  # pages may be huge ones of 2 MiB
