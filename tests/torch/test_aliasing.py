"""Memory that several tensors share, against PyTorch's recorded behaviour."""

import aliasing_scenarios
from scenarios import replay

import funcgrad.torch as torch

test_item = replay(torch, aliasing_scenarios.SCENARIOS, "aliasing_scenarios")
