"""Two ways to train, side by side: the functional step, and the PyTorch loop with zero_grad in six places."""

from funcgrad.compare.command import add_arguments as add_arguments
from funcgrad.compare.command import main as main
