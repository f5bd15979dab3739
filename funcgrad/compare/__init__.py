"""Two ways to train side by side: the functional step, and PyTorch loops with zero_grad right, forgotten, misplaced."""

from funcgrad.compare.command import add_arguments as add_arguments
from funcgrad.compare.command import main as main
