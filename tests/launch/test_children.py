"""Children: processes of `multiprocessing` that a script starts see the face too."""

import multiprocessing
import subprocess
import sys
from multiprocessing import spawn

import pytest

from funcgrad.launch.children import face_in_children

SCRIPT = """
import multiprocessing as mp, sys
import torch

def work(queue):
    queue.put((torch.__spec__.name, float(torch.ones(2).sum())))

if __name__ == "__main__":
    context = mp.get_context(sys.argv[1])
    queue = context.Queue()
    process = context.Process(target=work, args=(queue,))
    process.start()
    print(queue.get(timeout=100))
    process.join()
    print(process.exitcode)
"""


@pytest.mark.parametrize("method", [name for name in multiprocessing.get_all_start_methods() if name != "fork"])
def test_a_child_imports_the_face(tmp_path, method):
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, "-m", "funcgrad", "run", str(tmp_path / "script.py"), method]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("('funcgrad.torch', 2.0)\n0\n", "")


COMPILED = """
import multiprocessing as mp
import torch
from funcgrad.trace import stats

def work():
    for _ in range(3):
        (torch.ones(300, 300) @ torch.ones(300, 300)).sum().item()
    print(stats.programs)

if __name__ == "__main__":
    process = mp.get_context("spawn").Process(target=work)
    process.start()
    process.join()
"""


def test_a_child_lets_the_host_compute_first(tmp_path):
    (tmp_path / "script.py").write_text(COMPILED)
    command = [sys.executable, "-m", "funcgrad", "run", str(tmp_path / "script.py")]
    assert subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout == "0\n"


def test_afterwards_children_are_prepared_as_before():
    before = spawn.get_preparation_data
    with face_in_children(dict):
        assert spawn.get_preparation_data is not before
    assert spawn.get_preparation_data is before
