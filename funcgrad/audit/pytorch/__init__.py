"""PyTorch itself under audit: its own hooks tell what the stateful face would tell."""

from funcgrad.audit.pytorch.backend import load as load
from funcgrad.audit.pytorch.backend import run_script as run_script
