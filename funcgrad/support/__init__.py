"""Support: which names of PyTorch `funcgrad.torch` has, and which of them a script needs that are not there."""

from funcgrad.support.command import add_arguments as add_arguments
from funcgrad.support.command import main as main
from funcgrad.support.names import Names as Names
from funcgrad.support.problems import Problem as Problem
from funcgrad.support.problems import problems_of as problems_of
