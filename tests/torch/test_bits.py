"""Bits read as another dtype, against PyTorch's recorded behaviour."""

import bits_scenarios
import pytest
from scenarios import replay

import funcgrad.torch as torch
from funcgrad.errors import UnsupportedError

test_item = replay(torch, bits_scenarios.SCENARIOS, "bits_scenarios")


def test_writing_to_the_bits_of_an_expanded_tensor_is_refused():
    bits = torch.ones(1).expand(3).view(torch.int32)
    assert bits.tolist() == [1065353216] * 3
    with pytest.raises(UnsupportedError, match=r"Call contiguous\(\) first"):
        bits[:1] = 3
