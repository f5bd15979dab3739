"""Divergence: the first quantity in which two training runs differ, and the known cause that explains it."""

from funcgrad.divergence.command import add_arguments as add_arguments
from funcgrad.divergence.command import is_asked_for as is_asked_for
from funcgrad.divergence.command import main as main
from funcgrad.divergence.recorder import Recorder as Recorder
from funcgrad.divergence.recorder import record as record
from funcgrad.divergence.run import RunError as RunError
