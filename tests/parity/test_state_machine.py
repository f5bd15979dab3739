"""The state machine of gradients, live against PyTorch: values, gradients, versions, hooks and error texts."""

import torch
from gradient_machine import GradientMachine, bounded


class AgainstPyTorch(GradientMachine):
    reference = torch
    looks = False


TestAgainstPyTorch = AgainstPyTorch.TestCase
TestAgainstPyTorch.settings = bounded(examples=200, steps=25)
