"""A process that is forked from one in which programs were compiled computes on, without the threads that it has not."""

import subprocess
import sys

import pytest

SCRIPT = """
import os
import signal
import sys
import jax
import funcgrad.torch as torch
from funcgrad.trace import set_credit, is_on_host_alone

def total():
    x = torch.arange(40000.0).reshape(200, 200).cos()
    return round((x @ x.T).diagonal().tanh().sum().item())

set_credit(int(sys.argv[1]))
if sys.argv[2] == "after":
    total()
if os.fork():
    print(os.waitstatus_to_exitcode(os.wait()[1]))
else:
    signal.alarm(60)
    print(total(), is_on_host_alone(), flush=True)
    os._exit(0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
@pytest.mark.parametrize(
    "credit, when, alone", [("0", "after", False), ("100000", "after", True), ("100000", "before", False)]
)
def test_a_forked_process_computes(credit, when, alone):
    command = [sys.executable, "-c", SCRIPT, credit, when]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert (done.stdout, done.stderr) == (f"200 {alone}\n0\n", "")
