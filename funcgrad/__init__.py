"""funcgrad: a PyTorch training loop is a pure function plus one `+=`; this takes the `+=` out, or puts it back.

The functional half is listed here; the stateful half is `funcgrad.torch`.
"""

import gc

_is_collecting = gc.isenabled()
gc.disable()  # importing makes many objects and frees few: searches for cycles would take a tenth of the time

from funcgrad import optim as optim
from funcgrad import train as train
from funcgrad.functionalization import functionalize as functionalize
from funcgrad.memory import keep_freed_memory as keep_freed_memory

if _is_collecting:
    gc.enable()
