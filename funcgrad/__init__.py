"""funcgrad: a PyTorch training loop is a pure function plus one `+=`; this takes the `+=` out, or puts it back.

The functional half is listed here; the stateful half is `funcgrad.torch`.
"""

from funcgrad import optim as optim
from funcgrad import train as train
from funcgrad.functionalization import functionalize as functionalize
from funcgrad.memory import keep_freed_memory as keep_freed_memory
