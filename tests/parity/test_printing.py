import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from printing_cases import DTYPES, OPTIONS, Case
from torch_printing import torch_text

from funcgrad.torch import _printing


@pytest.fixture(autouse=True)
def default_print_options():
    yield
    _printing.set_printoptions(profile="default")


def elements(dtype):
    """Values of a dtype: for floats a coarse grid as well, so that integral and equal numbers are common."""
    if dtype.kind in "biu":
        return hnp.from_dtype(dtype)
    width = {2: 16, 4: 32, 8: 64}[dtype.itemsize // (2 if dtype.kind == "c" else 1)]
    real = st.floats(width=width) | st.integers(-2000, 2000).map(float) | st.floats(-10, 10, width=width)
    return st.builds(complex, real, real) if dtype.kind == "c" else real


@st.composite
def cases(draw):
    dtype = draw(st.sampled_from(DTYPES))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9))
    count = math.prod(shape)
    few = draw(st.lists(elements(dtype), min_size=1, max_size=12))
    with np.errstate(over="ignore"):
        array = np.resize(np.array(few).astype(dtype), count).reshape(shape)
    return Case(
        array=array,
        options=draw(st.fixed_dictionaries({name: st.sampled_from(values) for name, values in OPTIONS.items()})),
        default=draw(st.sampled_from(("float32", "float64"))),
        graph=None if dtype.kind in "biu" else draw(st.sampled_from((None, "leaf", "node"))),
    )


@settings(max_examples=1000, deadline=None)
@given(cases())
def test_any_tensor_prints_as_in_pytorch(case):
    _printing.set_printoptions(profile="default")
    _printing.set_printoptions(**case.options)
    assert _printing.tensor_text(case.array, **case.arguments) == torch_text(case)
