"""The state machine of gradients, live against PyTorch: values, gradients, versions, hooks and errors."""

import pytest
from gradient_machine import GradientMachine
from hypothesis import HealthCheck, settings

torch = pytest.importorskip("torch")


class Machine(GradientMachine):
    reference = torch
    looks = False


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=300,
    stateful_step_count=25,
    suppress_health_check=list(HealthCheck),
)
