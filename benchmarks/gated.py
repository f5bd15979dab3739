"""A script whose printed lines wait for their turn: `python gated.py script.py`.

Each line goes out behind the CPU seconds of the process so far; the script goes on when a line comes in.
"""

import io
import runpy
import sys
import time


class Gate(io.TextIOBase):
    """A standard output that stops the script at the end of each line."""

    def __init__(self, lines, turns):
        self.lines, self.turns, self.text = lines, turns, ""

    def write(self, text):
        self.text += text
        if text.endswith("\n"):
            print(time.process_time(), self.text, file=self.lines, end="", flush=True)
            self.turns.readline()
            self.text = ""
        return len(text)


if __name__ == "__main__":
    sys.stdout = Gate(sys.stdout, sys.stdin)
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
