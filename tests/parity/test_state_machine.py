"""The state machine of gradients, live against PyTorch: values, gradients, versions, hooks and error texts."""

import pytest
from gradient_machine import GradientMachine, bounded

torch = pytest.importorskip("torch")


class AgainstPyTorch(GradientMachine):
    reference = torch
    looks = False


TestAgainstPyTorch = AgainstPyTorch.TestCase
TestAgainstPyTorch.settings = bounded(examples=200, steps=25)
