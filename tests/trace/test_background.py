"""Work in the background: done once, by whoever comes first, and never waited for in vain."""

import os
import subprocess
import sys
import threading

import pytest

from funcgrad.trace import background
from funcgrad.trace.background import Task


@pytest.fixture
def gate():
    """Keeps the background busy until it is opened."""
    opened, begun = threading.Event(), threading.Event()

    def wait():
        begun.set()
        assert opened.wait(60)

    opened.task = Task(wait)
    assert begun.wait(60)
    yield opened
    opened.set()
    opened.task.finish()


def test_work_is_done_in_another_thread():
    threads, done = [], threading.Event()
    Task(lambda: (threads.append(threading.current_thread()), done.set()))
    assert done.wait(60)
    assert threads != [threading.current_thread()]


def test_what_nobody_has_begun_is_done_by_who_needs_it(gate):
    threads = []
    task = Task(lambda: threads.append(threading.current_thread()))
    task.finish()
    task.finish()
    assert threads == [threading.current_thread()]


def test_what_is_under_way_is_waited_for(gate):
    threading.Timer(0.1, gate.set).start()
    gate.task.finish()
    assert gate.is_set()


def test_what_the_work_raised_is_raised_where_it_is_needed(gate):
    def fail():
        raise ValueError("no such program")

    tasks = [Task(fail), Task(fail)]
    with pytest.raises(ValueError, match="no such program"):
        tasks[0].finish()
    gate.set()
    with pytest.raises(ValueError, match="no such program"):
        tasks[1].finish()


def test_what_was_interrupted_is_not_waited_for(gate):
    def interrupt():
        raise KeyboardInterrupt

    task = Task(interrupt)
    with pytest.raises(KeyboardInterrupt):
        task.finish()
    waiting = threading.Thread(target=task.finish, daemon=True)
    waiting.start()
    waiting.join(60)
    assert not waiting.is_alive()


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
@pytest.mark.parametrize("niceness", [0, 3, 15])
def test_the_thread_is_nicer_than_a_process_that_is_nice(niceness):
    done = subprocess.run([sys.executable, "-c", NICE, str(niceness)], capture_output=True, text=True, timeout=120)
    main, other = map(int, done.stdout.split())
    assert other == min(main + background.NICE, 19)


NICE = """
import os, sys, threading
from funcgrad.trace.background import Task

print(os.nice(int(sys.argv[1])))
done = threading.Event()
Task(lambda: (print(os.getpriority(os.PRIO_PROCESS, threading.get_native_id())), done.set()))
done.wait()
"""


def test_what_is_dropped_is_not_done_and_what_is_under_way_is_waited_for(gate):
    done = []
    task = Task(lambda: done.append(1))
    threading.Timer(0.1, gate.set).start()
    background.drop()
    assert gate.is_set()
    task.finish()
    assert not done


def test_work_is_done_in_order_and_the_thread_ends():
    done, is_done = [], threading.Event()
    for k in range(20):
        Task(lambda k=k: done.append(k))
    Task(is_done.set)
    assert is_done.wait(60)
    assert done == list(range(20))
    thread = background._queue.thread
    if thread is not None:
        thread.join(60)
    assert not background.is_busy()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no such system call")
def test_forking_waits_for_what_is_under_way_and_the_child_works_on():
    done = subprocess.run([sys.executable, "-uc", FORKING], capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines() == ["parent", "child", "child"]


FORKING = """
import os, threading, time
from funcgrad.trace.background import Task

def work(begun, seconds):
    begun.set()
    time.sleep(seconds)
    print("parent" if os.getpid() == parent else "child")

def start(seconds):
    begun = threading.Event()
    task = Task(lambda: work(begun, seconds))
    begun.wait()
    return task

parent = os.getpid()
task = start(0.5)
child = os.fork()
if child == 0:
    task.finish()
    start(0).finish()
    start(0).finish()
    os._exit(0)
os.waitpid(child, 0)
"""
